/** A running proxy made up for tests of what shows it: one frontend, one backend with two servers. */
import type {
  BackendStats,
  FrontendStats,
  PublicProxy,
  PublicTls,
  ResolversStats,
  ServerStats,
  SessionStats,
} from "../../../src/proxy/public.ts";
import type { CountedMismatch } from "../../../src/proxy/process/header-mismatches.ts";
import type { CountedRefusal } from "../../../src/proxy/process/server-refusals.ts";
import { stageTls } from "./tls-stage.ts";

const rate = { current: 0, limit: 0, max: 2 };

const serving = {
  tls: { handshakes: 9, resumed: 3, failed: 2 },
  queued: 0,
  queuedMax: 0,
  current: 1,
  max: 2,
  sessionsTotal: 3,
  bytesIn: 10,
  bytesOut: 20,
  deniedResponses: 0,
  connects: 3,
  connectErrors: 0,
  responseErrors: 0,
  retries: 0,
  redispatches: 0,
  clientAborts: 0,
  serverAborts: 0,
  picked: 3,
  weight: 1,
  downTransitions: 1,
  downtimeSeconds: 0,
  lastChangeSeconds: 5,
  lastSessionSeconds: -1,
  sessionRate: rate,
  averageQueueMs: 0,
  averageConnectMs: 1,
  averageResponseMs: 0,
  averageTotalMs: 7,
  maxQueueMs: 0,
  maxConnectMs: 1,
  maxResponseMs: 0,
  maxTotalMs: 7,
  failedRewrites: 0,
  internalErrors: 0,
  http: null,
  cookie: null,
};

export function serverStats(own: Partial<ServerStats> = {}): ServerStats {
  const stats: Omit<ServerStats, "watched"> = {
    ...serving,
    name: "s1",
    id: 1,
    state: "UP",
    stateCause: "",
    address: { kind: "tcp", host: "127.0.0.1", port: 7999 },
    service: null,
    hostName: null,
    isRenamed: false,
    standing: {
      configuredMaint: false,
      forcedMaint: false,
      forcedDrain: false,
      unresolved: false,
      agentDown: false,
    },
    inherited: { maint: false, drain: false },
    isBackup: false,
    usesTls: null,
    isUsable: true,
    maxconn: 0,
    maxqueue: 0,
    userWeight: 1,
    initialWeight: 1,
    check: {
      last: { status: "L4OK", code: null, info: null, durationMs: 0 },
      running: false,
      isEnabled: true,
      failures: 0,
      observedFailures: null,
      health: 4,
      healthOf: 4,
      rise: 2,
      fall: 3,
    },
    agent: null,
    objection: null,
    trackedAs: null,
    connectionsNeeded: 0,
    throttlePercent: null,
    hint: null,
    startups: null,
    planned: {
      isDisabled: false,
      isFollowingNames: false,
      port: 7999,
      portOffset: 0,
      checkHost: null,
      checkPort: null,
      agentHost: null,
      agentPort: null,
      isIdGiven: false,
      rise: 2,
    },
    ...own,
  };
  return { ...stats, watched: own.watched ?? stats };
}

export function frontendStats(own: Partial<FrontendStats> = {}): FrontendStats {
  return {
    kind: "frontend",
    tls: { handshakes: 19, resumed: 13, failed: 12 },
    showsListeners: false,
    name: "fe",
    id: 2,
    isListen: false,
    state: "OPEN",
    maintenance: null,
    listeners: [],
    current: 1,
    max: 2,
    limit: 100,
    connectionsTotal: 3,
    sessionsTotal: 3,
    bytesIn: 10,
    bytesOut: 20,
    deniedRequests: 0,
    deniedResponses: 0,
    deniedConnections: 0,
    deniedSessions: 0,
    requestErrors: 0,
    connectionRate: rate,
    sessionRate: rate,
    failedRewrites: 0,
    internalErrors: 0,
    http: null,
    ...own,
  };
}

export function backendStats(servers: readonly ServerStats[], own: Partial<BackendStats> = {}): BackendStats {
  return {
    ...serving,
    kind: "backend",
    activeUserWeight: servers.reduce((sum, one) => sum + (one.isUsable && !one.isBackup ? one.userWeight : 0), 0),
    name: "be",
    id: 3,
    isListen: false,
    algorithm: "roundrobin",
    state: "UP",
    maintenance: null,
    limit: 10,
    activeServers: 1,
    backupServers: 0,
    deniedRequests: 0,
    startups: null,
    servers,
    ...own,
  };
}

/** A proxy that notes every verb it is asked to carry out. */
export function scriptedProxy(
  own: {
    frontends?: FrontendStats[];
    backends?: BackendStats[];
    sessions?: SessionStats[];
    resolvers?: ResolversStats[];
    ready?: boolean;
    maintenances?: (readonly [string, { since: number; text: string; refused: number }])[];
    tls?: PublicTls;
    mismatches?: CountedMismatch[];
    refusals?: CountedRefusal[];
  } = {},
): {
  proxy: PublicProxy;
  asked: unknown[][];
} {
  const asked: unknown[][] = [];
  const note =
    (verb: string) =>
    (...args: unknown[]): null => {
      asked.push([verb, ...args]);
      return null;
    };
  const steps = (verb: string) =>
    function* (...args: unknown[]): Iterable<void> {
      asked.push([verb, ...args]);
      yield;
    };
  const frontends = own.frontends ?? [frontendStats()];
  const backends = own.backends ?? [backendStats([serverStats()])];
  const proxies = [...frontends, ...backends].toSorted((one, other) => one.id - other.id);
  const proxy: PublicProxy = {
    tls: own.tls ?? stageTls().tls,
    capturedFaults: 0,
    lastFault: () => null,
    headerMismatches: () => own.mismatches ?? [],
    serverRefusals: () => own.refusals ?? [],
    process: {
      startedAt: Date.now() - 61_000,
      uptimeMs: 61_000,
      stopping: false,
      maxconn: 100,
      hardMaxconn: 100,
      maxSockets: 231,
      currentConnections: 1,
      maxConnections: 2,
      totalConnections: 3,
      totalRequests: 3,
      connectionRate: rate,
      sessionRate: rate,
      tls: {
        current: 21,
        total: 22,
        limit: 20,
        rate: { current: 32, limit: 33, max: 34 },
        clientKeys: { current: 35, max: 36 },
        serverKeys: { current: 38, max: 39 },
        reusePercent: 37,
      },
      compression: { inputRate: 9000, outputRate: 900, rateLimit: 10_240, zlibBytes: 262_144, zlibLimit: 1_048_576 },
      bytesOutTotal: 20,
      bytesOutRate: 7,
      transport: "test",
      splicing: null,
      threads: 1,
      listeners: 1,
      jobs: 2,
      droppedLogs: 0,
    },
    proxies: () => proxies,
    frontends: () => frontends,
    backends: () => backends,
    frontend: (name) => frontends.find((one) => one.name === name) ?? null,
    backend: (name) => backends.find((one) => one.name === name) ?? null,
    server: (backend, name) =>
      backends.find((one) => one.name === backend)?.servers.find((one) => one.name === name) ?? null,
    sessions: () => own.sessions ?? [],
    resolvers: () => own.resolvers ?? [],
    readiness: () => (own.ready === false ? ["", "backend be"] : ["", ""]),
    maintenances: () => own.maintenances ?? [],
    setMaintenance: note("maintenance"),
    setServerState: note("state"),
    setServerHealth: note("health"),
    setServerWeight: note("weight"),
    setServerAddress: note("address"),
    setServerName: note("name"),
    setServerTls: note("ssl"),
    setServerMaxconn: note("maxconn"),
    setServerChecks: note("checks"),
    setServerCheck: note("check"),
    setServerAgent: note("agent"),
    setRateLimit: note("rate"),
    setDynamicCookies: note("dynamic cookies"),
    setDynamicCookieKey: note("dynamic cookie key"),
    setFrontendMaxconn: note("frontend maxconn"),
    setMaxconn: note("global maxconn"),
    setFrontendState: note("frontend"),
    killSession: (id) => {
      asked.push(["kill", id]);
      return id === 31;
    },
    killSessionsOf: steps("kill sessions"),
    clearCounters: steps("clear"),
  };
  return { proxy, asked };
}

/** What `show info` is made from, of a proxy made up. */
export function infoSource(own: Parameters<typeof scriptedProxy>[0] = {}) {
  return {
    proxy: scriptedProxy(own).proxy,
    version: "v",
    releaseDate: "d",
    node: "n",
    description: null,
    descriptors: 99,
    droppedLogs: 4,
    heapBytes: () => 5,
  };
}

function table(name: string, type: string, size: number, used: number) {
  return { name, plan: { type, size }, used, sweep: () => [undefined] };
}

/** What `/metrics` is made from, with two stick tables. */
export function metricsSource(own: Parameters<typeof scriptedProxy>[0] = {}) {
  const tables = [table("b", "ip", 10_240, 2), table('t"', "string", 1_048_576, 0)];
  return { info: infoSource(own), tables: () => tables, reloads: () => ({ done: 3, failed: 1 }) };
}
