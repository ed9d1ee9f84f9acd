/** Internal states (manual, 7.3.2) of frontends, backends and servers by name, as sample fetches ask for them. */
import { clockMs } from "../clock.ts";
import type { InternalStates } from "../rules/context.ts";
import type { Backend } from "./backend/backend.ts";
import type { Server } from "./backend/server.ts";
import type { Frontend } from "./frontend/frontend.ts";
import type { ProcessState } from "./process/process-state.ts";
import { shownWeight } from "./process/weight.ts";
import type { Proxies } from "./running.ts";

/** Of those that run; each call reads them anew. */
export function internalStates(process: ProcessState, proxies: () => Proxies): InternalStates {
  return {
    frontend(name) {
      const one = proxies().frontends.get(name);
      return one === undefined ? null : stateOfFrontend(one);
    },
    backend(name) {
      const one = proxies().backends.get(name);
      return one === undefined ? null : stateOfBackend(one);
    },
    server(backend, name) {
      const one = proxies().backends.get(backend)?.find(name) ?? null;
      return one === null ? null : stateOfServer(one);
    },
    get processConnections() {
      return process.current;
    },
    get stopping() {
      return process.stopping;
    },
  };
}

function stateOfFrontend({ counters, plan }: Frontend): ReturnType<InternalStates["frontend"]> {
  const sessionRate = counters.sessionRate.read(clockMs());
  return {
    id: plan.id,
    connections: counters.current,
    sessionRate,
    requestRate: plan.http === null ? sessionRate : counters.http.requestRate.read(clockMs()),
    defaultBackend: plan.defaultBackend,
    clientTimeoutMs: plan.timeouts.clientMs,
  };
}

function stateOfBackend(one: Backend): ReturnType<InternalStates["backend"]> {
  const usable = one.servers.filter((server) => server.isUsable);
  const queued = one.queue.length + one.servers.reduce((sum, server) => sum + server.queue.length, 0);
  return {
    id: one.plan.id,
    connections: one.counters.current,
    sessionRate: one.counters.sessionRate.read(clockMs()),
    usableServers: one.activeServers > 0 ? one.activeServers : one.backupServers,
    queued,
    connectionSlots: total(usable, freeSlots),
    connectionsFree: total(usable, freeConnections),
    averageQueue: usable.length === 0 ? queued * 4 : Math.ceil(queued / usable.length),
    weight: shownWeight(one.totalWeight),
    serverTimeoutMs: one.plan.timeouts.serverMs,
    tunnelTimeoutMs: one.plan.timeouts.tunnelMs,
  };
}

function stateOfServer(one: Server): ReturnType<InternalStates["server"]> {
  return {
    id: one.id,
    connections: one.counters.current,
    connectionsFree: freeConnections(one),
    queued: one.queue.length,
    sessionRate: one.counters.sessionRate.read(clockMs()),
    isUp: one.state !== "DOWN" && one.state !== "MAINT",
    weight: shownWeight(one.weight),
    initialWeight: one.plan.weight,
    userWeight: one.userWeight,
  };
}

/** Of the server and its queue; -1: it has no limit. */
function freeSlots({ maxconn, plan, counters, queue }: Server): number {
  return maxconn === 0 || plan.maxqueue === 0 ? -1 : maxconn - counters.current + plan.maxqueue - queue.length;
}

/** Likewise without its queue. */
function freeConnections({ maxconn, load }: Server): number {
  return maxconn === 0 ? -1 : Math.max(0, maxconn - load);
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
