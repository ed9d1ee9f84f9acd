/** Who watches the running servers: their checks, and those who follow their names. */
import type { SocketAddress } from "../address.ts";
import { isServiceName } from "../wire/dns.ts";
import { firstCheckDelayMs } from "./check/schedule.ts";
import type { ServerTurn } from "./generation.ts";
import { Monitor, type MonitorSurroundings } from "./check/monitor.ts";
import { follow, libcResolver } from "./names/follow.ts";
import type { Running } from "./running.ts";
import type { Server } from "./backend/server.ts";
import type { Work } from "./process/turns.ts";

/** Follows a server's name anew, as the plan that runs says; whoever followed it before is stopped afterwards. */
export function followName(running: Running, server: Server): void {
  const former = running.followers.get(server);
  const { address, resolvers } = server.plan;
  const isService = address.kind === "tcp" && isServiceName(address.host);
  const host = isService ? address.host : server.hostName;
  running.followers.delete(server);
  server.onUnreachable = null;
  if (host !== null && address.kind === "tcp" && !server.backend.plan.disabled) {
    const by = (resolvers === null ? null : running.resolvers.get(resolvers)) ?? libcResolver;
    const follower = by.follow({
      host,
      family: address.family,
      get plan() {
        return server.plan;
      },
      answer(answers, name, trouble) {
        try {
          return follow(server, answers, name, trouble);
        } catch (error) {
          // Others follow the same name, and it is asked for again.
          server.backend.process.faults.note(error, "while an answer about a name was taken");
          return false;
        }
      },
    });
    running.followers.set(server, follower);
    server.onUnreachable = () => follower.hurry();
  }
  former?.stop();
}

/** Nobody checks it or follows its name any more. */
export function unwatch(running: Running, server: Server): void {
  running.monitors.get(server)?.stop();
  running.monitors.delete(server);
  running.followers.get(server)?.stop();
  running.followers.delete(server);
  server.onUnreachable = null;
}

/** A function of its own: monitors keep it, and with it whatever it could see. */
function surroundingsOf(running: Running): () => MonitorSurroundings {
  const listenAddress = (name: string): SocketAddress | null => running.frontends.get(name)?.address ?? null;
  return () => {
    const { plan, samples } = running;
    if (plan === null || samples === null) throw new Error("checks before the first plan");
    return { global: plan.global, samples, listenAddress };
  };
}

/** Starts the checks of servers that have changed; those that were not checked before are spread over the shortest interval. */
export function* startMonitors(running: Running, turns: readonly ServerTurn[]): Work {
  const { monitors } = running;
  const surroundings = surroundingsOf(running);
  const fresh: Monitor[] = [];
  let shortest = Infinity;
  for (const { server, hasChanged } of turns) {
    if (!hasChanged || running.isClosed) continue;
    const former = monitors.get(server) ?? null;
    const { plan, backend } = server;
    if (backend.plan.disabled || (plan.check === null && plan.agent === null)) {
      former?.stop();
      monitors.delete(server);
    } else {
      const monitor = new Monitor(server, surroundings, former);
      monitors.set(server, monitor);
      fresh.push(monitor);
      shortest = Math.min(shortest, Math.max(1000, monitor.interMs));
    }
    yield 1;
  }
  for (const [at, monitor] of fresh.entries()) {
    if (running.isClosed) return;
    const { maxSpreadChecksMs } = running.plan?.global ?? { maxSpreadChecksMs: 0 };
    monitor.start(firstCheckDelayMs(shortest, monitor.interMs, maxSpreadChecksMs, at, fresh.length));
    yield 1;
  }
}
