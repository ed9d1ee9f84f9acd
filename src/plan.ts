/** What will run: plain readonly data, every reference resolved, every default applied. */
import type { KeepAlive, ListenOptions, SocketBuffers } from "./net/transport.ts";
import type { CheckPlan } from "./plan/check.ts";
import type { Position } from "./plan/position.ts";
import type {
  Condition,
  LogFormat,
  PatternListPlan,
  Rule,
  SampleExpression,
  StickRule,
  StickTablePlan,
} from "./plan/rule.ts";
import type { ServerAddress, ServerPlan, SourcePlan } from "./plan/server.ts";

export type { KeepAlive } from "./net/transport.ts";
export type * from "./plan/check.ts";
export type * from "./plan/position.ts";
export type * from "./plan/rule.ts";
export type * from "./plan/server.ts";

/** A whole configuration, checked. Names in it (`defaultBackend`, `table`, …) always lead to something in it. */
export interface Plan {
  readonly global: GlobalPlan;
  /** `frontend` sections and the front half of each `listen`. */
  readonly frontends: readonly FrontendPlan[];
  /** `backend` sections and the back half of each `listen`. */
  readonly backends: readonly BackendPlan[];
  readonly resolvers: readonly ResolversPlan[];
  /** In the order of their numbers. */
  readonly patternLists: readonly PatternListPlan[];
}

/** The `global` sections, merged. */
export interface GlobalPlan {
  /** Null: as many as the descriptor limit allows. */
  readonly maxconn: number | null;
  readonly maxConnRate: number;
  readonly maxSessRate: number;
  readonly ulimitN: number | null;
  /** Most descriptors that it may have, whatever the system allows. */
  readonly fdHardLimit: number | null;
  /** Written: limits that cannot be had are refused; else they are lowered, with a warning. */
  readonly strictLimits: boolean;
  /** Worker threads of the data plane; null: chosen by the machine. */
  readonly nbthread: number | null;
  readonly daemon: boolean;
  readonly masterWorker: boolean;
  readonly pidfile: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** The name behind `uid`, for supplementary groups; null when given by number. */
  readonly user: string | null;
  readonly chroot: string | null;
  readonly hardStopAfterMs: number | null;
  readonly graceMs: number | null;
  readonly spreadChecksPercent: number;
  readonly maxSpreadChecksMs: number;
  readonly bufsizeBytes: number;
  readonly maxrewriteBytes: number;
  /** `tune.rcvbuf.*` and `tune.sndbuf.*`; listeners and servers have them in their own plans. */
  readonly clientBuffers: SocketBuffers;
  readonly serverBuffers: SocketBuffers;
  /** `tune.vars.*-max-size`, in bytes; 0: no limit. */
  readonly variableLimits: VariableLimits;
  /** `tune.renice.runtime`; null: as it was started. */
  readonly nice: number | null;
  /** `maxpipes` and `tune.pipesize`; null: chosen here. */
  readonly maxPipes: number | null;
  readonly pipeBytes: number | null;
  readonly logs: readonly LogTarget[];
  readonly logTag: string | null;
  /** `log-send-hostname`: null leaves the name out, "" stands for the machine's own. */
  readonly logSendHostname: string | null;
  readonly node: string | null;
  readonly description: string | null;
  readonly statsSockets: readonly StatsSocketPlan[];
  readonly statsTimeoutMs: number;
  readonly statsMaxconn: number;
  readonly pp2NeverSendLocal: boolean;
  /** `zero-warning`: a configuration with warnings is refused. */
  readonly zeroWarning: boolean;
  /** `harden.reject-privileged-ports.tcp`. */
  readonly rejectsPrivilegedPorts: boolean;
  /** False where `nosplice` or `-dS` forbids splicing altogether. */
  readonly splice: boolean;
  /** False: `noepoll` or `-de`, so that the runtime's own sockets serve. */
  readonly epoll: boolean;
  /** Process-wide variables set in `global` (`set-var proc.x …`), in order. */
  readonly setVars: readonly { readonly name: string; readonly value: SampleExpression | LogFormat }[];
  /** Keywords taken without effect here, for `-c -V`. */
  readonly withoutEffect: readonly { readonly keyword: string; readonly reason: string; readonly position: Position }[];
}

/** What variables may take together, by scope; 0: no limit. Those of a session count for the process as well. */
export interface VariableLimits {
  readonly global: number;
  readonly proc: number;
  readonly sess: number;
  readonly txn: number;
  readonly reqres: number;
  readonly check: number;
}

/** A `ring` section, or what `log tcp@…` stands for: lines on their way to servers that take them over a stream. */
export interface RingPlan {
  readonly name: string;
  /** So much waits for each server; the oldest lines give way. */
  readonly sizeBytes: number;
  /** 0: no limit. */
  readonly connectMs: number;
  /** How long a server may take nothing; 0: no limit. */
  readonly serverMs: number;
  readonly servers: readonly {
    readonly name: string;
    readonly address: ServerAddress;
    /** RFC 6587: octet counting in front of each line, instead of a line feed behind it. */
    readonly countsOctets: boolean;
  }[];
}

/** One `log` line. Where `log global` stands, the global targets have been copied in. */
export interface LogTarget {
  readonly destination:
    | { readonly kind: "udp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "fd"; readonly fd: number }
    | { readonly kind: "ring"; readonly ring: RingPlan };
  /** `format rfc3164` was asked for, which always names the host; HAProxy leaves it out where no format is given. */
  readonly namesHost?: true;
  readonly format: "rfc3164" | "rfc5424" | "priority" | "short" | "timed" | "iso" | "raw" | "local";
  /** Longest line in bytes. */
  readonly length: number;
  /** 0 to 23. */
  readonly facility: number;
  /** 0 (emerg) to 7 (debug): messages above `maxLevel` are left out, those below `minLevel` raised to it. */
  readonly maxLevel: number;
  readonly minLevel: number;
  readonly sample: { readonly ranges: readonly (readonly [number, number])[]; readonly size: number } | null;
}

/** `stats socket`: where the admin socket listens. */
export interface StatsSocketPlan {
  readonly bind: BindPlan;
  readonly level: "user" | "operator" | "admin";
  /** Whether, and how, answers begin with their severity. */
  readonly severityOutput: "none" | "number" | "string";
}

/** `option splice-*` of a proxy: true where it asks, false where it refuses (`no option …`), null where nothing is said. */
export interface SplicePlan {
  readonly request: boolean | null;
  readonly response: boolean | null;
  readonly auto: boolean | null;
}

/** What frontends and backends have in common. */
export interface ProxyPlan {
  readonly name: string;
  readonly position: Position;
  readonly id: number;
  readonly description: string | null;
  readonly disabled: boolean;
  /** True when it came from a `listen` section, whose two halves share name and counters' label. */
  readonly isListen: boolean;
  readonly logs: readonly LogTarget[];
  readonly logTag: string | null;
  readonly splice: SplicePlan;
  readonly keepAlive: KeepAlive | null;
  readonly nolinger: boolean;
  readonly independentStreams: boolean;
  readonly contentRules: readonly Rule[];
  /** `tcp-request inspect-delay`; 0: none. */
  readonly inspectDelayMs: number;
  readonly stickTable: StickTablePlan | null;
}

export interface FrontendPlan extends ProxyPlan {
  readonly binds: readonly BindPlan[];
  /** 0: only the global limit. */
  readonly maxconn: number;
  readonly backlog: number | null;
  /** New sessions a second; 0: no limit. */
  readonly rateLimitSessions: number;
  readonly timeouts: { readonly clientMs: number; readonly clientFinMs: number; readonly clientHandshakeMs: number };
  /** Null: no line is written for this frontend's sessions beyond HAProxy's default short one (`Connect from …`). */
  readonly logFormat: LogFormat | null;
  readonly errorLogFormat: LogFormat | null;
  readonly logFormatSd: LogFormat | null;
  readonly uniqueIdFormat: LogFormat | null;
  readonly dontLogNull: boolean;
  readonly dontLogNormal: boolean;
  readonly logAsap: boolean;
  readonly logSeparateErrors: boolean;
  /** `option contstats`: bytes are counted while sessions go on. */
  readonly contStats: boolean;
  readonly socketStats: boolean;
  readonly connectionRules: readonly Rule[];
  readonly sessionRules: readonly Rule[];
  readonly useBackends: readonly {
    readonly backend: string | LogFormat;
    readonly condition: Condition | null;
  }[];
  readonly defaultBackend: string | null;
}

/** One listening socket: ranges and lists have been taken apart. */
export interface BindPlan extends ListenOptions {
  /** The address as written, for messages; and its position. */
  readonly text: string;
  readonly position: Position;
  readonly name: string | null;
  readonly id: number;
  /** 0: no limit of its own. */
  readonly maxconn: number;
  readonly acceptProxy: boolean;
}

export interface BackendPlan extends ProxyPlan {
  readonly balance: BalancePlan;
  readonly hashType: HashTypePlan;
  readonly servers: readonly ServerPlan[];
  readonly timeouts: {
    readonly connectMs: number;
    readonly serverMs: number;
    readonly serverFinMs: number;
    readonly tunnelMs: number;
    readonly queueMs: number;
    /** 0: not set, `inter` and `connectMs` decide (HAProxy's manual, `timeout check`). */
    readonly checkMs: number;
  };
  readonly retries: number;
  /** `option redispatch [N]`: 0 off, N > 0 every Nth retry, -1 only the last. */
  readonly redispatch: number;
  /** 0: a tenth of the frontends' maxconn that may lead here. */
  readonly fullconn: number;
  readonly allBackups: boolean;
  readonly persist: boolean;
  readonly abortOnClose: boolean;
  readonly tcpSmartConnect: boolean;
  readonly logHealthChecks: boolean;
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
  readonly source: SourcePlan | null;
  readonly serverStateFile: string | null;
}

export type BalancePlan =
  | { readonly algorithm: "roundrobin" | "static-rr" | "leastconn" | "first" | "source" }
  | { readonly algorithm: "random"; readonly draws: number }
  | { readonly algorithm: "hash"; readonly expression: SampleExpression };

/** `hash-type` and `hash-balance-factor` (0: off). */
export interface HashTypePlan {
  readonly method: "map-based" | "consistent";
  readonly hash: "sdbm" | "djb2" | "wt6" | "crc32" | "none";
  readonly avalanche: boolean;
  readonly balanceFactor: number;
}

/** A `resolvers` section. Times in ms. */
export interface ResolversPlan {
  readonly name: string;
  readonly position: Position;
  readonly nameservers: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly stream: boolean;
  }[];
  readonly retries: number;
  readonly timeoutResolveMs: number;
  readonly timeoutRetryMs: number;
  readonly holdMs: {
    readonly valid: number;
    readonly obsolete: number;
    readonly nx: number;
    readonly other: number;
    readonly refused: number;
    readonly timeout: number;
  };
  readonly acceptedPayloadBytes: number;
}
