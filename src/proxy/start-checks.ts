/** Starts and ends the checks of servers that are planned otherwise. */
import type { SocketAddress } from "../address.ts";
import { firstCheckDelayMs } from "./check/schedule.ts";
import { Monitor } from "./check/monitor.ts";
import type { CommonCheckSettings } from "./check/monitor-options.ts";
import type { ServerTurn } from "./generation.ts";
import type { Work } from "./time/turns.ts";
import type { Running } from "./running.ts";

/** A function of its own: monitors keep it, and with it whatever it could see. */
function commonSettings(running: Running): () => CommonCheckSettings {
  const listenAddress = (name: string): SocketAddress | null => running.frontends.get(name)?.address ?? null;
  return () => {
    const { plan, samples } = running;
    if (plan === null || samples === null) throw new Error("checks before the first plan");
    return { global: plan.global, samples, listenAddress };
  };
}

/** Starts the checks of servers that have changed; those that were not checked before are spread over the shortest interval. */
export function* startMonitors(running: Running, turns: readonly ServerTurn[]): Work {
  const common = commonSettings(running);
  const fresh: Monitor[] = [];
  let shortest = Infinity;
  for (const { server, hasChanged } of turns) {
    if (!hasChanged || running.isClosed) continue;
    const former = server.monitor;
    const { plan, backend } = server;
    if (backend.plan.disabled || (plan.check === null && plan.agent === null)) {
      former?.stop();
      server.monitorBy(null);
    } else {
      const monitor = new Monitor(server, common, former);
      server.monitorBy(monitor);
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
