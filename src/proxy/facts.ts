/** Counters and gauges by name, as sample fetches ask for them. */
import { clockMs } from "../clock.ts";
import type { ProxyFacts } from "../rules/context.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Server } from "./backend/server.ts";
import { shownWeight } from "./process/weight.ts";
import type { Proxies } from "./running.ts";

/** The live figures of those that run; each call reads them anew. */
export function factsOf(process: ProcessState, proxies: () => Proxies): ProxyFacts {
  return {
    frontend(name) {
      const one = proxies().frontends.get(name);
      if (one === undefined) return null;
      const sessionRate = one.counters.sessionRate.read(clockMs());
      const { id, defaultBackend, timeouts } = one.plan;
      const figures = { connections: one.counters.current, sessionRate, requestRate: sessionRate };
      return { ...figures, id, defaultBackend, clientTimeoutMs: timeouts.clientMs };
    },
    backend(name) {
      const one = proxies().backends.get(name);
      if (one === undefined) return null;
      const usable = one.servers.filter((server) => server.isUsable);
      const queued = one.queue.length + one.servers.reduce((sum, server) => sum + server.queue.length, 0);
      return {
        id: one.plan.id,
        connections: one.counters.current,
        sessionRate: one.counters.sessionRate.read(clockMs()),
        usableServers: one.activeServers > 0 ? one.activeServers : one.backupServers,
        queued,
        connectionSlots: total(usable, (server) =>
          server.maxconn === 0 || server.plan.maxqueue === 0
            ? -1
            : server.maxconn - server.counters.current + server.plan.maxqueue - server.queue.length,
        ),
        connectionsFree: total(usable, (server) =>
          server.maxconn === 0 ? -1 : Math.max(0, server.maxconn - server.load),
        ),
        averageQueue: usable.length === 0 ? queued * 4 : Math.ceil(queued / usable.length),
        weight: shownWeight(one.totalWeight),
        serverTimeoutMs: one.plan.timeouts.serverMs,
        tunnelTimeoutMs: one.plan.timeouts.tunnelMs,
      };
    },
    server(backend, name) {
      const one = proxies().backends.get(backend)?.find(name) ?? null;
      if (one === null) return null;
      return {
        id: one.id,
        connections: one.counters.current,
        connectionsFree: one.maxconn === 0 ? -1 : Math.max(0, one.maxconn - one.load),
        queued: one.queue.length,
        sessionRate: one.counters.sessionRate.read(clockMs()),
        isUp: one.state !== "DOWN" && one.state !== "MAINT",
        weight: shownWeight(one.weight),
        initialWeight: one.plan.weight,
        userWeight: one.userWeight,
      };
    },
    get processConnections() {
      return process.current;
    },
    get stopping() {
      return process.stopping;
    },
  };
}

/** The sum, or -1 as soon as one has no limit. */
function total(servers: readonly Server[], of: (server: Server) => number): number {
  let sum = 0;
  for (const server of servers) {
    const one = of(server);
    if (one < 0) return -1;
    sum += one;
  }
  return sum;
}
