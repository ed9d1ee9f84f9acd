/** Plans for tests, with everything defaulted that a test does not care about. */
import type { BackendPlan, FrontendPlan } from "../../../src/plan/proxy.ts";
import type { BindPlan } from "../../../src/plan/bind.ts";
import type { GlobalPlan } from "../../../src/plan/global.ts";
import type { LogTarget } from "../../../src/plan/log.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import type { ResolversPlan } from "../../../src/plan/resolvers.ts";
import type { ServerPlan } from "../../../src/plan/server.ts";

const position = { file: "test.cfg", line: 1 };

export function globalPlan(own: Partial<GlobalPlan> = {}): GlobalPlan {
  return {
    maxconn: 1000,
    maxConnRate: 0,
    maxSessRate: 0,
    ulimitN: null,
    fdHardLimit: null,
    strictLimits: false,
    zeroWarning: false,
    rejectsPrivilegedPorts: false,
    nbthread: null,
    clientBuffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    serverBuffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    variableLimits: { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 },
    nice: null,
    maxPipes: null,
    pipeBytes: null,
    daemon: false,
    masterWorker: false,
    pidfile: null,
    uid: null,
    gid: null,
    user: null,
    chroot: null,
    hardStopAfterMs: null,
    graceMs: null,
    spreadChecksPercent: 0,
    maxSpreadChecksMs: 0,
    bufsizeBytes: 16384,
    maxrewriteBytes: 1024,
    logs: [],
    logTag: null,
    logSendHostname: null,
    node: null,
    description: null,
    statsSockets: [],
    statsTimeoutMs: 0,
    statsMaxconn: 10,
    pp2NeverSendLocal: false,
    splice: true,
    epoll: true,
    setVars: [],
    withoutEffect: [],
    ...own,
  };
}

/** Where nothing goes: what counts is that somebody listens. */
const logTarget: LogTarget = {
  destination: { kind: "fd", fd: -1 },
  format: "raw",
  length: 1024,
  facility: 0,
  maxLevel: 7,
  minLevel: 0,
  sample: null,
};

const proxy = {
  position,
  id: 1,
  description: null,
  disabled: false,
  isListen: false,
  logs: [],
  logTag: null,
  splice: { request: null, response: null, auto: null },
  keepAlive: null,
  nolinger: false,
  independentStreams: false,
  contentRules: [],
  inspectDelayMs: 0,
  stickTable: null,
};

export function bindPlan(own: Partial<BindPlan> = {}): BindPlan {
  return {
    text: "127.0.0.1:0",
    position,
    name: null,
    id: 1,
    maxconn: 0,
    acceptProxy: false,
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    v6only: null,
    backlog: null,
    interface: null,
    transparent: false,
    deferAccept: false,
    mss: null,
    buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    userTimeoutMs: null,
    fastOpen: false,
    congestion: null,
    quickAck: true,
    sharesPort: true,
    keepAlive: null,
    mode: null,
    uid: null,
    gid: null,
    ...own,
  } as BindPlan;
}

export function frontendPlan(own: Partial<FrontendPlan> = {}): FrontendPlan {
  return {
    ...proxy,
    logs: [logTarget],
    name: "fe",
    binds: [bindPlan()],
    maxconn: 0,
    backlog: null,
    rateLimitSessions: 0,
    timeouts: { clientMs: 10_000, clientFinMs: 0, clientHandshakeMs: 0 },
    logFormat: null,
    errorLogFormat: null,
    logFormatSd: null,
    uniqueIdFormat: null,
    dontLogNull: false,
    dontLogNormal: false,
    logAsap: false,
    logSeparateErrors: false,
    contStats: false,
    socketStats: false,
    connectionRules: [],
    sessionRules: [],
    useBackends: [],
    defaultBackend: "be",
    ...own,
  } as FrontendPlan;
}

export function serverPlan(name: string, port: number, own: Partial<ServerPlan> = {}): ServerPlan {
  return {
    name,
    id: Number(name.replace(/\D/g, "")) || 1,
    position,
    address: { kind: "tcp", host: "127.0.0.1", isName: false, family: null, port, portOffset: 0 },
    text: `127.0.0.1:${port}`,
    weight: 1,
    backup: false,
    disabled: false,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    slowstartMs: 0,
    check: null,
    agent: null,
    track: null,
    onMarkedDown: null,
    onMarkedUp: null,
    observe: null,
    errorLimit: 10,
    onError: "fail-check",
    proxyHeader: null,
    source: null,
    buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
    userTimeoutMs: null,
    fastOpen: false,
    congestion: null,
    initAddr: ["last", "libc"],
    resolvers: null,
    resolvePrefer: null,
    resolveOpts: { allowDupIp: false, ignoreWeight: false },
    resolveNet: [],
    nonStick: false,
    isIdGiven: false,
    rise: 2,
    template: null,
    ...own,
  } as ServerPlan;
}

export function backendPlan(own: Partial<BackendPlan> = {}): BackendPlan {
  return {
    ...proxy,
    name: "be",
    id: 2,
    balance: { algorithm: "roundrobin" },
    hashType: { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 },
    servers: [],
    timeouts: { connectMs: 5000, serverMs: 10_000, serverFinMs: 0, tunnelMs: 0, queueMs: 5000, checkMs: 0 },
    retries: 3,
    redispatch: 0,
    fullconn: 0,
    allBackups: false,
    persist: false,
    abortOnClose: false,
    tcpSmartConnect: null,
    logHealthChecks: false,
    check: { kind: "tcp", steps: [] },
    responseRules: [],
    responseInspectDelayMs: 0,
    useServers: [],
    stickRules: [],
    persistRules: [],
    source: null,
    serverStateFile: null,
    ...own,
  } as BackendPlan;
}

/** A plan of one frontend and one backend. */
export function resolversPlan(own: Partial<ResolversPlan> = {}): ResolversPlan {
  return {
    name: "dns",
    position,
    nameservers: [],
    retries: 3,
    timeoutResolveMs: 1000,
    timeoutRetryMs: 1000,
    holdMs: { valid: 10_000, obsolete: 0, nx: 30_000, other: 30_000, refused: 30_000, timeout: 30_000 },
    acceptedPayloadBytes: 512,
    ...own,
  };
}

export function onePlan(front: Partial<FrontendPlan>, back: Partial<BackendPlan>, own: Partial<GlobalPlan> = {}): Plan {
  return {
    global: globalPlan(own),
    frontends: [frontendPlan(front)],
    backends: [backendPlan(back)],
    resolvers: [],
    patternLists: [],
  };
}
