/** What is planned of frontends and backends. */
import type { HttpBackendPlan, HttpFrontendPlan } from "./http.ts";
import type { LogTarget } from "./log.ts";
import type { BindPlan } from "./bind.ts";
import type { CheckPlan } from "./check.ts";
import type { Position } from "./position.ts";
import type { SampleExpression } from "./rules/sample.ts";
import type { Condition } from "./rules/acl.ts";
import type { Rule, StickRule, StickTablePlan } from "./rules/rule.ts";
import type { LogFormat } from "./rules/log-format.ts";
import type { ServerPlan, SourcePlan } from "./server.ts";
import type { KeepAlive } from "./socket.ts";
import type { SshPlan } from "./ssh/ssh.ts";

/** `option splice-*` of a proxy: true where it asks, false where it refuses (`no option …`), null where nothing is said. */
export interface SplicePlan {
  readonly request: boolean | null;
  readonly response: boolean | null;
  readonly auto: boolean | null;
}

/** What lines of either kind of proxy say as they are; what holds where they do not is in `proxyDefaults`. */
export interface ProxyOptions {
  readonly disabled: boolean;
  readonly logTag: string | null;
  readonly splice: SplicePlan;
  readonly nolinger: boolean;
  readonly independentStreams: boolean;
}

/** What holds where no line of a proxy says otherwise. */
export const proxyDefaults: ProxyOptions = {
  disabled: false,
  logTag: null,
  splice: { request: null, response: null, auto: null },
  nolinger: false,
  independentStreams: false,
};

/** What frontends and backends have in common. */
export interface ProxyPlan extends ProxyOptions {
  readonly name: string;
  readonly position: Position;
  readonly mode: "tcp" | "http";
  readonly id: number;
  readonly description: string | null;
  /** True when it came from a `listen` section, whose two halves share name and counters' label. */
  readonly isListen: boolean;
  readonly logs: readonly LogTarget[];
  readonly keepAlive: KeepAlive | null;
  readonly contentRules: readonly Rule[];
  /** `tcp-request inspect-delay`; 0: none. */
  readonly inspectDelayMs: number;
  readonly stickTable: StickTablePlan | null;
  readonly ssh: SshPlan;
}

/** What lines of a frontend say as they are; what holds where they do not is in `frontendDefaults`. */
export interface FrontendOptions {
  /** 0: only the global limit. */
  readonly maxconn: number;
  readonly backlog: number | null;
  /** New sessions a second; 0: no limit. */
  readonly rateLimitSessions: number;
  readonly dontLogNull: boolean;
  readonly dontLogNormal: boolean;
  readonly logAsap: boolean;
  readonly logSeparateErrors: boolean;
  /** `option contstats`: bytes are counted while sessions go on. */
  readonly contStats: boolean;
  readonly socketStats: boolean;
}

/** The same of a frontend. */
export const frontendDefaults: FrontendOptions = {
  maxconn: 0,
  backlog: null,
  rateLimitSessions: 0,
  dontLogNull: false,
  dontLogNormal: false,
  logAsap: false,
  logSeparateErrors: false,
  contStats: false,
  socketStats: false,
};

/** `timeout …` of a frontend; 0: none. */
export interface FrontendTimeouts {
  readonly clientMs: number;
  readonly clientFinMs: number;
  readonly clientHandshakeMs: number;
}

/** Timeouts of a frontend that says none; 0: no limit. */
export const frontendTimeouts: FrontendTimeouts = { clientMs: 0, clientFinMs: 0, clientHandshakeMs: 0 };

/** A frontend, or the half of a `listen` that clients come in by. */
export interface FrontendPlan extends ProxyPlan, FrontendOptions {
  /** Null in `mode tcp`. */
  readonly http: HttpFrontendPlan | null;
  readonly binds: readonly BindPlan[];
  readonly timeouts: FrontendTimeouts;
  /** Null: no line is written for this frontend's sessions beyond HAProxy's default short one (`Connect from …`). */
  readonly logFormat: LogFormat | null;
  readonly errorLogFormat: LogFormat | null;
  readonly logFormatSd: LogFormat | null;
  readonly uniqueIdFormat: LogFormat | null;
  readonly connectionRules: readonly Rule[];
  readonly sessionRules: readonly Rule[];
  readonly useBackends: readonly {
    readonly backend: string | LogFormat;
    readonly condition: Condition | null;
  }[];
  readonly defaultBackend: string | null;
}

/** What lines of a backend say as they are; what holds where they do not is in `backendDefaults`. */
export interface BackendOptions {
  readonly balance: BalancePlan;
  readonly hashType: HashTypePlan;
  readonly retries: number;
  /** `option redispatch [N]`: 0 off, N > 0 every Nth retry, -1 only the last. */
  readonly redispatch: number;
  /** 0: a tenth of the frontends' maxconn that may lead here. */
  readonly fullconn: number;
  readonly allBackups: boolean;
  readonly persist: boolean;
  /** `persist rdp-cookie`: the cookie that says where its server is; null: none does. */
  readonly rdpCookie: string | null;
  readonly abortOnClose: boolean;
  /** Null: nothing is said of it. */
  readonly tcpSmartConnect: boolean | null;
  readonly logHealthChecks: boolean;
  readonly source: SourcePlan | null;
}

/** The same of a backend. */
export const backendDefaults: BackendOptions = {
  balance: { algorithm: "roundrobin" },
  hashType: { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 },
  retries: 3,
  redispatch: 0,
  fullconn: 0,
  allBackups: false,
  persist: false,
  rdpCookie: null,
  abortOnClose: false,
  tcpSmartConnect: null,
  logHealthChecks: false,
  source: null,
};

/** `timeout …` of a backend; 0: none. */
export interface BackendTimeouts {
  readonly connectMs: number;
  readonly serverMs: number;
  readonly serverFinMs: number;
  readonly tunnelMs: number;
  readonly queueMs: number;
  /** 0: not set, `inter` and `connectMs` decide (HAProxy's manual, `timeout check`). */
  readonly checkMs: number;
}

/** Timeouts of a backend that says none; 0: no limit. */
export const backendTimeouts: BackendTimeouts = {
  connectMs: 0,
  serverMs: 0,
  serverFinMs: 0,
  tunnelMs: 0,
  queueMs: 0,
  checkMs: 0,
};

/** A backend, or the half of a `listen` that has servers. */
export interface BackendPlan extends ProxyPlan, BackendOptions {
  /** Null in `mode tcp`. */
  readonly http: HttpBackendPlan | null;
  readonly servers: readonly ServerPlan[];
  /**
   * Where clients go that nothing leads to a server, without a name and not among those: `dispatch`, or, as `option transparent` has it,
   * where they wanted to go. Null: balancing says.
   */
  readonly direct: ServerPlan | null;
  readonly timeouts: BackendTimeouts;
  /** The kind of check that servers with `check` get. */
  readonly check: CheckPlan;
  readonly responseRules: readonly Rule[];
  readonly responseInspectDelayMs: number;
  readonly useServers: readonly { readonly server: string | LogFormat; readonly condition: Condition | null }[];
  readonly stickRules: readonly StickRule[];
  readonly persistRules: readonly {
    readonly kind: "force-persist" | "ignore-persist";
    readonly condition: Condition;
  }[];
  readonly serverStateFile: string | null;
}

/** `balance`. */
export interface BalancePlan {
  /** Its word; `proxy/balance/algorithms.ts` has all. */
  readonly algorithm: string;
  /** Of `random`. */
  readonly draws?: number;
  /** Of `hash`: what is hashed. */
  readonly expression?: SampleExpression;
  /** Of `uri`: what of the target is hashed. */
  readonly uri?: UriHashPlan;
  /** Of `url_param`; `checkPost`: bytes of a POST's body that are waited for, null where it is not looked at. */
  readonly urlParam?: { readonly name: string; readonly checkPost: number | null };
  /** Of `hdr`. `domainOnly`: of a host the part before its top-level domain. */
  readonly header?: { readonly name: string; readonly domainOnly: boolean };
}

/** `balance uri`. */
export interface UriHashPlan {
  /** Most characters; 0: all. */
  readonly length: number;
  /** Most directories, from the first slash on; 0: all. */
  readonly depth: number;
  /** With the query. */
  readonly whole: boolean;
  /** Without scheme and authority. */
  readonly pathOnly: boolean;
}

/** `hash-type` and `hash-balance-factor` (0: off). */
export interface HashTypePlan {
  readonly method: "map-based" | "consistent";
  readonly hash: "sdbm" | "djb2" | "wt6" | "crc32" | "none";
  readonly avalanche: boolean;
  readonly balanceFactor: number;
}
