/** What holds for a proxy or a server where nothing is said, and what one takes over from `defaults` or `default-server`. */
import { newCheckLists, nextCheckLists } from "./check-lists.ts";
import { checkDefaults, type ServerSettings, type Settings, type TimeoutName } from "./draft.ts";

/**
 * What a section begins with: the settings of the `defaults` it came from, which it changes for itself alone. Whatever a
 * line may change in place is copied; all else, statements above all, is the same.
 */
export function inheritedSettings(former: Settings | null): Settings {
  if (former === null) return startSettings();
  const { client, server } = former.keepAlive;
  return {
    ...former,
    mode: { ...former.mode },
    // Each counts its own samples, and has its own connection.
    logs: former.logs.map((log) => (log === "global" ? log : structuredClone(log))),
    timeouts: { ...former.timeouts },
    options: new Map(former.options),
    keepAlive: { client: { ...client }, server: { ...server } },
    hashType: { ...former.hashType },
    source: former.source === null ? null : { ...former.source },
    checkLists: nextCheckLists(former.checkLists),
    server: inheritedServerSettings(former.server),
    external: { ...former.external },
    httpOnly: new Set(former.httpOnly),
    httpOptions: [...former.httpOptions],
    emailAlert: new Set(former.emailAlert),
  };
}

/** What a server begins with: what `default-server` said, as in `inheritedSettings`. */
export function inheritedServerSettings(former: ServerSettings): ServerSettings {
  return {
    ...former,
    sendProxy: { ...former.sendProxy },
    proxyV2Options: [...former.proxyV2Options],
    tlvs: [...former.tlvs],
    source: former.source === null ? null : { ...former.source },
    initAddr: former.initAddr === null ? null : [...former.initAddr],
    resolveOpts: { ...former.resolveOpts },
    resolveNet: [...former.resolveNet],
  };
}

/** What holds where nothing is said. */
export function startSettings(): Settings {
  const timeouts = {} as Record<TimeoutName, number | null>;
  return {
    mode: { value: "tcp", statement: null },
    disabled: false,
    logs: [],
    logTag: null,
    logFormat: null,
    errorLogFormat: null,
    logFormatSd: null,
    uniqueIdFormat: null,
    maxconn: 0,
    backlog: null,
    rateLimitSessions: 0,
    rateLimitSet: false,
    fullconn: 0,
    retries: 3,
    retriesConnects: true,
    redispatch: 0,
    timeouts,
    options: new Map(),
    keepAlive: {
      client: { idleSeconds: null, intervalSeconds: null, count: null },
      server: { idleSeconds: null, intervalSeconds: null, count: null },
    },
    balance: { algorithm: "roundrobin" },
    balanceHttp: false,
    hashType: { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 },
    defaultBackend: null,
    source: null,
    check: { kind: "none" },
    checkLists: newCheckLists(),
    disableOn404: false,
    sendState: false,
    server: startServerSettings(),
    serverStateFrom: "none",
    serverStateName: null,
    external: { command: null, path: null },
    httpOnly: new Set(),
    httpOptions: [],
    emailAlert: new Set(),
    mailers: null,
  };
}

export function startServerSettings(): ServerSettings {
  return {
    weight: 1,
    backup: false,
    disabled: false,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    slowstartMs: 0,
    check: false,
    checkAddress: null,
    checkPort: null,
    checkSendProxy: false,
    ...checkDefaults,
    fastInterMs: 0,
    downInterMs: 0,
    agentCheck: false,
    agentAddress: null,
    agentPort: 0,
    agentInterMs: 0,
    agentSend: "",
    track: null,
    onMarkedDown: null,
    onMarkedUp: null,
    observe: null,
    errorLimit: 10,
    onError: "fail-check",
    sendProxy: { v1: false, v2: false, ssl: false, sslCn: false },
    proxyV2Options: [],
    tlvs: [],
    source: null,
    userTimeoutMs: null,
    fastOpen: false,
    congestion: null,
    initAddr: null,
    resolvers: null,
    resolvePrefer: null,
    resolveOpts: { allowDupIp: false, ignoreWeight: false },
    resolveNet: [],
    nonStick: false,
    cookie: false,
    redir: false,
  };
}
