/** What others see of the proxy: what logs, metrics, pages and the admin socket may read and ask for. Plain data out, a few verbs in. */
import type { CheckResult, ServerState } from "../events.ts";
import type { SocketAddress } from "../address.ts";
import type { SpliceFigures } from "../net/transport.ts";
import type { SavedServerState } from "./backend/saved-state.ts";
import type { Maintenance } from "./process/maintenance.ts";
import type { CapturedFault } from "./process/captured-fault.ts";
import type { CountedMismatch } from "./process/header-mismatches.ts";
import type { CountedRefusal } from "./process/server-refusals.ts";
import type { ListenerStats } from "./frontend/listener-stats.ts";
import type { NameserverStats, ResolversStats } from "./names/dns-counters.ts";
import type { PublicTls } from "./tls/certificates/public-tls.ts";

export type { CapturedFault, Maintenance, ListenerStats, NameserverStats, ResolversStats, SavedServerState };
export type * from "./tls/certificates/public-tls.ts";

/** Sessions per second over the last second, its limit (0: none) and its highest. */
export interface RateStats {
  readonly current: number;
  readonly limit: number;
  readonly max: number;
}

/** What is counted of HTTP. Live, as what has it. */
export interface HttpStats {
  readonly requestsTotal: number;
  readonly requestRate: RateStats;
  /** Answers by the first digit of their status, 1 to 5; others at 0. */
  readonly responses: readonly number[];
  /** Answered without a server, by a rule or a page. */
  readonly intercepted: number;
  /** Connections to servers: opened, and used again. */
  readonly connects: number;
  readonly reuses: number;
  /** Open connections to a server that nobody uses now, and those among them that have served one request alone. */
  readonly idle: number;
  readonly idleFresh: number;
  readonly compression: CompressionStats;
}

/** What is counted of compressing. Bytes are those of bodies. */
export interface CompressionStats {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of answers that are said to be compressed, what was not, to spare the processor. */
  readonly bytesPassed: number;
  /** Those that are whole. */
  readonly answers: number;
}

/** What compressing takes in the whole process now; limits are 0 where there are none. */
export interface CompressionFigures {
  /** Bytes of bodies a second. */
  readonly inputRate: number;
  readonly outputRate: number;
  readonly rateLimit: number;
  readonly zlibBytes: number;
  readonly zlibLimit: number;
}

/** Handshakes of TLS since the start. Live, as what has them. */
export interface TlsStats {
  readonly handshakes: number;
  /** Those of them that took a former session up again. */
  readonly resumed: number;
  readonly failed: number;
}

/** What TLS takes in the whole process now; limits are 0 where there are none. */
export interface TlsFigures {
  /** Connections of clients and servers. */
  readonly current: number;
  readonly total: number;
  readonly limit: number;
  /** Clients taken where TLS is spoken. */
  readonly rate: RateStats;
  /** Handshakes that made new keys, a second. */
  readonly clientKeys: Pick<RateStats, "current" | "max">;
  readonly serverKeys: Pick<RateStats, "current" | "max">;
  /** Of clients' handshakes, those that took a former session up again, per cent. */
  readonly reusePercent: number;
}

/** Live: each figure is that of the moment at which it is read. */
export interface FrontendStats {
  readonly kind: "frontend";
  readonly name: string;
  readonly id: number;
  readonly isListen: boolean;
  readonly state: "OPEN" | "FULL" | "STOP" | "PAUSED";
  /** Its new sessions are refused: an operator has said so. Null: they are not. */
  readonly maintenance: Readonly<Maintenance> | null;
  /** `option socket-stats`: statistics show its listeners, too. */
  readonly showsListeners: boolean;
  readonly listeners: Iterable<ListenerStats>;
  readonly current: number;
  readonly max: number;
  readonly limit: number;
  /** Connections accepted and sessions that passed the connection rules. */
  readonly connectionsTotal: number;
  readonly sessionsTotal: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly deniedRequests: number;
  readonly deniedResponses: number;
  readonly deniedConnections: number;
  readonly deniedSessions: number;
  readonly requestErrors: number;
  readonly connectionRate: RateStats;
  readonly sessionRate: RateStats;
  readonly failedRewrites: number;
  readonly internalErrors: number;
  readonly tls: TlsStats;
  /** Null in `mode tcp`. */
  readonly http: HttpStats | null;
}

/** What backends and servers count alike. */
export interface ServingStats {
  readonly tls: TlsStats;
  readonly queued: number;
  readonly queuedMax: number;
  readonly current: number;
  readonly max: number;
  readonly sessionsTotal: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly deniedResponses: number;
  /** Connections that were tried to be opened to servers. */
  readonly connects: number;
  readonly connectErrors: number;
  readonly responseErrors: number;
  readonly retries: number;
  readonly redispatches: number;
  readonly clientAborts: number;
  readonly serverAborts: number;
  /** Times chosen by balancing. */
  readonly picked: number;
  /** Effective weight. */
  readonly weight: number;
  readonly downTransitions: number;
  readonly downtimeSeconds: number;
  /** Seconds since the last change of state. */
  readonly lastChangeSeconds: number;
  /** Seconds since the last session; -1: none yet. */
  readonly lastSessionSeconds: number;
  readonly sessionRate: RateStats;
  /** Averages over the last 1024 sessions, ms. */
  readonly averageQueueMs: number;
  readonly averageConnectMs: number;
  /** 0 in `mode tcp`, as its highest. */
  readonly averageResponseMs: number;
  readonly averageTotalMs: number;
  readonly maxQueueMs: number;
  readonly maxConnectMs: number;
  readonly maxResponseMs: number;
  readonly maxTotalMs: number;
  readonly failedRewrites: number;
  readonly internalErrors: number;
  /** Null in `mode tcp`. */
  readonly http: HttpStats | null;
  /** The name of the backend's persistence cookie, the value that stands for the server; null: none. */
  readonly cookie: string | null;
}

/** What the configuration says of a server, whatever has become of it. */
export interface PlannedServer {
  readonly isDisabled: boolean;
  /** It has a `resolvers` section. */
  readonly isFollowingNames: boolean;
  /** Null: none is given, or the address has none. */
  readonly port: number | null;
  /** `+5` and its like: added to the port that clients connect to. */
  readonly portOffset: number;
  readonly checkHost: string | null;
  readonly checkPort: number | null;
  readonly agentHost: string | null;
  readonly agentPort: number | null;
  readonly isIdGiven: boolean;
  /** Of a server without a check, too. */
  readonly rise: number;
}

/** Live, as those of frontends. */
export interface ServerStats extends ServingStats {
  readonly name: string;
  readonly id: number;
  readonly state: ServerState;
  /** Why it is in maintenance or drain: "", "by operator", "by configuration", "resolution". */
  readonly stateCause: string;
  /** Where connections go now; null while the name does not resolve. */
  readonly address: SocketAddress | null;
  /** The service whose records tell where it is. */
  readonly service: string | null;
  /** The name that its address comes from: the file's, an operator's, or a service record's target. */
  readonly hostName: string | null;
  /** That name is not the file's, and has not led to an address by itself. */
  readonly isRenamed: boolean;
  /** What forces its state. */
  readonly standing: {
    readonly configuredMaint: boolean;
    /** By an operator or an agent. */
    readonly forcedMaint: boolean;
    readonly forcedDrain: boolean;
    readonly unresolved: boolean;
    readonly agentDown: boolean;
  };
  /** What of maintenance and drain it has from the server that it tracks. */
  readonly inherited: { readonly maint: boolean; readonly drain: boolean };
  /** Whose checks and agent say how it stands: the server at the end of what it tracks, or itself. */
  readonly watched: Pick<ServerStats, "check" | "agent" | "standing" | "objection">;
  readonly isBackup: boolean;
  /** TLS is spoken with it; null: nobody has said how, so it cannot be. */
  readonly usesTls: boolean | null;
  /** Takes new sessions now. */
  readonly isUsable: boolean;
  readonly maxconn: number;
  readonly maxqueue: number;
  readonly userWeight: number;
  readonly initialWeight: number;
  /** Null: the server has no check. `health` of `healthOf` (rise + fall - 1), as HAProxy counts it. */
  readonly check: {
    readonly last: CheckResult | null;
    readonly running: boolean;
    readonly failures: number;
    /** How often `observe` had seen enough errors; null: it does not observe. */
    readonly observedFailures: number | null;
    readonly health: number;
    readonly healthOf: number;
    readonly rise: number;
    readonly fall: number;
    /** An operator has not disabled it. */
    readonly isEnabled: boolean;
  } | null;
  readonly agent: { readonly last: CheckResult | null; readonly isEnabled: boolean } | null;
  /** What has it down besides checks and agent; null: nothing. */
  readonly objection: CheckResult | null;
  readonly trackedAs: string | null;
  /** So many connections were needed at once, of late. */
  readonly connectionsNeeded: number;
  /** Slow start: 1 to 100, null when not throttled. */
  readonly throttlePercent: number | null;
  /** What we learnt about it, e.g. that it does not speak PROXY; null: nothing. */
  readonly hint: string | null;
  /** Null: it limits none. */
  readonly startups: StartupStats | null;
  readonly planned: PlannedServer;
}

/** Sessions of SSH whose authentication may be under way, where a server limits how many may. */
export interface StartupStats {
  readonly current: number;
  /** 0: no limit. */
  readonly most: number;
  /** The same of one address. */
  readonly perSource: number;
  readonly total: number;
}

/** Live, as those of frontends. */
export interface BackendStats extends ServingStats {
  readonly kind: "backend";
  readonly name: string;
  readonly id: number;
  readonly isListen: boolean;
  readonly algorithm: string;
  readonly state: "UP" | "DOWN";
  /** As a frontend's. */
  readonly maintenance: Readonly<Maintenance> | null;
  /** fullconn, for the limit column. */
  readonly limit: number;
  readonly activeServers: number;
  readonly backupServers: number;
  /** Weights that operators gave, of the active servers together. */
  readonly activeUserWeight: number;
  readonly deniedRequests: number;
  /** Sessions that others' start-ups kept waiting, and those that waited in vain, or found no room to wait; null: no server limits them. */
  readonly startups: { readonly waited: number; readonly refused: number } | null;
  readonly servers: readonly ServerStats[];
}

/** The process as a whole. Rates per second; `startedAt` ms since 1970, a date. */
export interface ProcessStats {
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly stopping: boolean;
  readonly maxconn: number;
  readonly hardMaxconn: number;
  readonly maxSockets: number;
  readonly currentConnections: number;
  readonly maxConnections: number;
  readonly totalConnections: number;
  /** Connections, and requests of `mode http` after the first of each. */
  readonly totalRequests: number;
  readonly connectionRate: RateStats;
  readonly sessionRate: RateStats;
  readonly compression: CompressionFigures;
  /** Sent to clients and servers, of sessions that run as well; their rate in the last second. Read only by who shows them: each adds all sessions up. */
  readonly bytesOutTotal: number;
  readonly bytesOutRate: number;
  readonly transport: string;
  readonly tls: TlsFigures;
  /** Null where nothing can be spliced. */
  readonly splicing: SpliceFigures | null;
  readonly threads: number;
  readonly listeners: number;
  readonly jobs: number;
  readonly droppedLogs: number;
}

/** One session that runs. */
export interface SessionStats {
  readonly id: number;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string | null;
  readonly client: SocketAddress;
  readonly frontendAddress: SocketAddress;
  readonly serverAddress: SocketAddress | null;
  readonly startedAt: number;
  readonly ageMs: number;
  readonly state: "rules" | "queued" | "connecting" | "relaying";
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A command that could not be carried out, in words for the operator. */
export type Refusal = { readonly refused: string };

/** Where a check or an agent connects to: a literal address, a port. */
export interface CheckTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Everything that ops may see of a running proxy, and the verbs of the admin socket.
 *
 * Nothing here walks everything in one call: lists are those of the plan that runs, made once, and what they hold is read
 * one by one. What gives an Iterable does a bounded piece of work for each step, ends although what it walks may grow
 * meanwhile, and may be left and gone on with in another turn of the loop.
 */
export interface PublicProxy {
  readonly process: ProcessStats;
  readonly tls: PublicTls;
  /** Both kinds in the order of their ids, the frontend of a `listen` before its backend. Those that are disabled are left out, as below. */
  proxies(): readonly (FrontendStats | BackendStats)[];
  frontends(): readonly FrontendStats[];
  backends(): readonly BackendStats[];
  frontend(name: string): FrontendStats | null;
  backend(name: string): BackendStats | null;
  server(backend: string, server: string): ServerStats | null;
  sessions(): Iterable<SessionStats>;
  /** How many bad messages have been captured, and the last of a frontend's requests, or of a backend's responses; null: none. */
  readonly capturedFaults: number;
  lastFault(proxy: FrontendStats | BackendStats): CapturedFault | null;
  /** What was set wrongly about PROXY headers on one side alone, since the start. */
  headerMismatches(): Iterable<CountedMismatch>;
  /** How often servers have turned sessions of SSH down before they said who they are, since the start. */
  serverRefusals(): Iterable<CountedRefusal>;
  /** The `resolvers` sections, in the configuration's order. */
  resolvers(): Iterable<ResolversStats>;
  /**
   * What keeps it from being ready, `frontend x` or `backend y`: every frontend must listen, and every default backend have
   * a usable server. A step for each; of one that is as it should be, an empty text.
   */
  readiness(): Iterable<string>;
  setServerState(backend: string, server: string, state: "ready" | "drain" | "maint"): Refusal | null;
  /** "up", "down" or "stopping" for health; forced until the next check. */
  setServerHealth(backend: string, server: string, health: "up" | "stopping" | "down"): Refusal | null;
  /** A number 0 to 256, or per cent of the initial weight. */
  setServerWeight(backend: string, server: string, weight: number | { readonly percent: number }): Refusal | null;
  setServerAddress(backend: string, server: string, host: string, port: number | null): Refusal | null;
  /** Follows another name from now on; of a server with `resolvers`. Its address stays until that name has one, or none. */
  setServerName(backend: string, server: string, name: string): Refusal | null;
  /** Whether TLS is spoken with it, from the next connection on. Refused where the configuration does not say how. */
  setServerTls(backend: string, server: string, usesTls: boolean): Refusal | null;
  setServerMaxconn(backend: string, server: string, maxconn: number): Refusal | null;
  setServerChecks(backend: string, server: string, enabled: boolean): Refusal | null;
  /** Where the server's check goes from now on; what is left out stays. Refused without a check. */
  setServerCheck(backend: string, server: string, change: Partial<CheckTarget>): Refusal | null;
  /** As above for its agent, and what that is sent; `health` is what it is taken to have said. Refused without an agent. */
  setServerAgent(
    backend: string,
    server: string,
    change: Partial<CheckTarget> & {
      readonly send?: string;
      readonly health?: "up" | "down";
      readonly enabled?: boolean;
    },
  ): Refusal | null;
  /** Servers without a `cookie` have one of their address. Without effect where the backend has no cookie, or no key. */
  setDynamicCookies(backend: string, enabled: boolean): Refusal | null;
  setDynamicCookieKey(backend: string, key: string): Refusal | null;
  /** New connections, sessions or clients in TLS a second for the process; 0: no limit. */
  setRateLimit(of: "connections" | "sessions" | "ssl-sessions" | "compression", perSecond: number): void;
  setFrontendMaxconn(frontend: string, maxconn: number): Refusal | null;
  setMaxconn(maxconn: number): Refusal | null;
  setFrontendState(frontend: string, state: "enabled" | "disabled" | "shutdown"): Refusal | null;
  /** Frontends and backends in maintenance, each name once. */
  maintenances(): Iterable<readonly [name: string, Readonly<Maintenance>]>;
  /** `text`: what users read, "" for nothing of its own; null: it serves again. `by`: who says so, for the log. Of a frontend and a backend of that name, whatever there is. */
  setMaintenance(proxy: string, text: string | null, by: string): Refusal | null;
  killSession(id: number): boolean;
  /** Ends those that run as they are come to: to be gone through to the end. */
  killSessionsOf(backend: string, server: string): Iterable<void> | Refusal;
  /** To be gone through to the end. */
  clearCounters(all: boolean): Iterable<void>;
}
