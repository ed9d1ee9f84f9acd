/** Figures of backends and servers as the public face gives them out. */
import { isServiceName } from "../wire/dns.ts";
import type { BackendFigures, ServerFigures, ServingFigures } from "./face.ts";
import type { Backend } from "./backend.ts";
import type { Counters } from "./counters.ts";
import type { Monitor } from "./monitor.ts";
import { weightScale, type Server } from "./server.ts";

function servingFigures(
  counters: Counters,
  now: number,
  own: Pick<ServingFigures, "queued" | "weight" | "downTransitions" | "downtimeSeconds" | "lastChangeSeconds">,
): ServingFigures {
  return {
    ...own,
    queuedMax: counters.queuedMax,
    current: counters.current,
    max: counters.max,
    sessionsTotal: counters.sessionsTotal,
    bytesIn: counters.bytesIn,
    bytesOut: counters.bytesOut,
    deniedResponses: counters.deniedResponses,
    connectErrors: counters.connectErrors,
    responseErrors: counters.responseErrors,
    retries: counters.retries,
    redispatches: counters.redispatches,
    clientAborts: counters.clientAborts,
    serverAborts: counters.serverAborts,
    picked: counters.picked,
    lastSessionSeconds: counters.lastSessionAt === null ? -1 : Math.floor((now - counters.lastSessionAt) / 1000),
    sessionRate: { current: counters.sessionRate.read(now), limit: 0, max: counters.sessionRate.max },
    averageQueueMs: counters.queueMs.value,
    averageConnectMs: counters.connectMs.value,
    averageTotalMs: counters.totalMs.value,
    maxQueueMs: counters.queueMs.max,
    maxConnectMs: counters.connectMs.max,
    maxTotalMs: counters.totalMs.max,
  };
}

/** `monitor`: the server's checks, null when it has none. */
export function serverFigures(server: Server, monitor: Monitor | null, now: number): ServerFigures {
  const { plan } = server;
  const { address } = plan;
  return {
    ...servingFigures(server.counters, now, {
      queued: server.queue.length,
      weight: Math.ceil(server.weight / weightScale),
      downTransitions: server.downTransitions,
      downtimeSeconds: Math.floor(server.downMs / 1000),
      lastChangeSeconds: Math.floor((now - server.changedAt) / 1000),
    }),
    name: plan.name,
    id: plan.id,
    state: server.state,
    stateCause: server.stateCause,
    address: server.address,
    service: address.kind === "tcp" && isServiceName(address.host) ? address.host : null,
    hostName: server.hostName,
    standing: server.standing,
    isRenamed: server.isRenamed,
    isBackup: plan.backup,
    isUsable: server.isUsable,
    maxconn: server.maxconn,
    maxqueue: plan.maxqueue,
    userWeight: server.userWeight,
    initialWeight: plan.weight,
    check:
      monitor === null || monitor.health === null || plan.check === null
        ? null
        : {
            last: monitor.last,
            running: monitor.isRunning,
            failures: monitor.failures,
            health: monitor.health.value,
            healthOf: plan.check.rise + plan.check.fall - 1,
            rise: plan.check.rise,
            fall: plan.check.fall,
          },
    agent: plan.agent === null ? null : { last: monitor?.agentLast ?? null },
    trackedAs: plan.track === null ? null : `${plan.track.backend}/${plan.track.server}`,
    throttlePercent: server.throttlePercent,
    hint: server.hint,
  };
}

export function backendFigures(
  backend: Backend,
  monitorOf: (server: Server) => Monitor | null,
  now: number,
): BackendFigures {
  const { plan } = backend;
  return {
    ...servingFigures(backend.counters, now, {
      queued: backend.queue.length,
      weight: Math.ceil(backend.totalWeight / weightScale),
      downTransitions: backend.downTransitions,
      downtimeSeconds: Math.floor(backend.downMs / 1000),
      lastChangeSeconds: Math.floor((now - backend.changedAt) / 1000),
    }),
    name: plan.name,
    id: plan.id,
    isListen: plan.isListen,
    algorithm: plan.balance.algorithm,
    state: backend.isUp ? "UP" : "DOWN",
    limit: backend.fullconn,
    activeServers: backend.activeServers,
    backupServers: backend.backupServers,
    deniedRequests: backend.deniedRequests,
    servers: backend.servers.map((server) => serverFigures(server, monitorOf(server), now)),
  };
}
