/** What will run: plain readonly data, every reference resolved, every default applied. */
import type { KeepAlive, ListenOptions, SocketBuffers } from "./net/transport.ts";

export type { KeepAlive } from "./net/transport.ts";

/** Where in the operator's files something was said; `line` counts from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
}

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
  readonly fdHardLimit: number | null;
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
  readonly closeSpreadMs: number | null;
  readonly spreadChecksPercent: number;
  readonly maxSpreadChecksMs: number;
  readonly bufsizeBytes: number;
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
  readonly serverStateFile: string | null;
  readonly serverStateBase: string | null;
  readonly pp2NeverSendLocal: boolean;
  /** Whether `no splice`/`-dS` forbids splicing altogether. */
  readonly splice: boolean;
  /** Process-wide variables set in `global` (`set-var proc.x …`), in order. */
  readonly setVars: readonly { readonly name: string; readonly value: SampleExpression | LogFormat }[];
  /** `external-check`. */
  readonly externalCheck: boolean;
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

/** One `log` line. Where `log global` stands, the global targets have been copied in. */
export interface LogTarget {
  readonly destination:
    | { readonly kind: "udp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "fd"; readonly fd: number };
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
  readonly splice: { readonly request: boolean; readonly response: boolean; readonly auto: boolean };
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
  readonly tcpSmartAccept: boolean;
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
  readonly preferLastServer: boolean;
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

/** Where a server listens. A name in `host` is resolved at run time. `portOffset`: added to the port the client connected to. */
export type ServerAddress =
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly isName: boolean;
      readonly family: 4 | 6 | null;
      readonly port: number | null;
      readonly portOffset: number;
    }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abstract"; readonly name: string };

export interface ServerPlan {
  readonly name: string;
  readonly id: number;
  readonly position: Position;
  readonly address: ServerAddress;
  /** The address as written. */
  readonly text: string;
  /** 0 to 256. */
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  /** 0: no limit. */
  readonly maxconn: number;
  readonly minconn: number;
  readonly maxqueue: number;
  readonly slowstartMs: number;
  readonly check: ServerCheckPlan | null;
  readonly agent: AgentPlan | null;
  /** `track`: backend and server whose state this one copies. */
  readonly track: { readonly backend: string; readonly server: string } | null;
  readonly onMarkedDown: "shutdown-sessions" | null;
  readonly onMarkedUp: "shutdown-backup-sessions" | null;
  readonly observe: "layer4" | null;
  readonly errorLimit: number;
  readonly onError: "fastinter" | "fail-check" | "sudden-death" | "mark-down";
  readonly proxyHeader: ProxyHeaderPlan | null;
  readonly source: SourcePlan | null;
  readonly buffers: SocketBuffers;
  readonly userTimeoutMs: number | null;
  readonly fastOpen: boolean;
  /** In order of trial: "last" (state file), "libc", "none", or a literal address. */
  readonly initAddr: readonly string[];
  readonly resolvers: string | null;
  readonly resolvePrefer: 4 | 6 | null;
  readonly resolveOpts: {
    readonly allowDupIp: boolean;
    readonly ignoreWeight: boolean;
  };
  /** Networks an answer is preferred from, as CIDR. */
  readonly resolveNet: readonly string[];
  readonly nonStick: boolean;
  /** Set when this server is one slot of a `server-template`. */
  readonly template: { readonly prefix: string; readonly service: string | null } | null;
}

/** When and where one server is checked. */
export interface ServerCheckPlan {
  readonly interMs: number;
  /** 0: as `interMs`. */
  readonly fastInterMs: number;
  readonly downInterMs: number;
  readonly rise: number;
  readonly fall: number;
  /** Null: the server's own. `resolved` like the server's address. */
  readonly address: ServerAddress | null;
  readonly port: number | null;
  readonly sendProxy: boolean;
}

export interface AgentPlan {
  readonly address: ServerAddress | null;
  readonly port: number;
  readonly interMs: number;
  readonly send: string;
}

/** `send-proxy*` of a server. Custom TLVs are formats evaluated per session. */
export interface ProxyHeaderPlan {
  readonly version: 1 | 2;
  readonly options: readonly (
    "unique-id" | "crc32c" | "authority" | "cert-cn" | "ssl" | "ssl-cipher" | "cert-sig" | "cert-key"
  )[];
  readonly tlvs: readonly { readonly type: number; readonly format: LogFormat }[];
}

/** `source ADDR [usesrc …] [interface IF]`. */
export interface SourcePlan {
  readonly host: string;
  readonly port: number;
  readonly interface: string | null;
  readonly useSource: "client" | "clientip" | { readonly host: string; readonly port: number } | null;
}

/** What a check does once connected. "tcp" without steps is a layer 4 check; `scripted`: `option tcp-check` stands there. */
export type CheckPlan =
  | { readonly kind: "tcp"; readonly scripted: boolean; readonly steps: readonly CheckStep[] }
  | { readonly kind: "http"; readonly disableOn404: boolean; readonly steps: readonly CheckStep[] }
  | { readonly kind: "smtp"; readonly hello: string; readonly domain: string }
  | { readonly kind: "mysql"; readonly user: string | null; readonly post41: boolean }
  | { readonly kind: "pgsql"; readonly user: string }
  | { readonly kind: "redis" }
  | { readonly kind: "ldap" }
  | { readonly kind: "ssl-hello" }
  /** `path` is the program's PATH. */
  | { readonly kind: "external"; readonly command: string; readonly path: string };

/**
 * One `tcp-check` or `http-check` line. `comment` is its own or that of the `comment` line before it. `number` counts from 1
 * over all lines of the check as messages do, `comment` lines included.
 */
export type CheckStep = {
  readonly comment: string | null;
  readonly number: number;
  readonly position: Position;
} & (
  | {
      readonly kind: "connect";
      /** `default`: as the server line's own check options say (its PROXY header among them). */
      readonly default: boolean;
      readonly port: number | null;
      readonly address: ServerAddress | null;
      readonly sendProxy: boolean;
      readonly linger: boolean;
      readonly optional: boolean;
    }
  | { readonly kind: "send"; readonly data: Uint8Array | LogFormat }
  | {
      readonly kind: "expect";
      readonly match: "string" | "rstring" | "binary" | "rbinary" | "string-lf" | "binary-lf";
      readonly negate: boolean;
      /** Bytes for `string` and `binary`, a regular expression for the r-forms (over hex text for `rbinary`). */
      readonly pattern: Uint8Array | string | LogFormat;
      readonly minRecv: number | null;
      readonly okStatus: string | null;
      readonly errorStatus: string | null;
      readonly timeoutStatus: string | null;
      readonly onSuccess: LogFormat | null;
      readonly onError: LogFormat | null;
      readonly statusCode: SampleExpression | null;
    }
  | {
      readonly kind: "http-send";
      readonly method: string;
      readonly uri: string | LogFormat;
      readonly version: string;
      readonly headers: readonly { readonly name: string; readonly value: string | LogFormat }[];
      readonly body: string | LogFormat | null;
    }
  | {
      readonly kind: "http-expect";
      readonly match: "status" | "rstatus" | "string" | "rstring" | "string-lf" | "header";
      readonly negate: boolean;
      /** As written: status codes and ranges by commas, a text, a regular expression; "" for `header`. */
      readonly pattern: string | LogFormat;
      /** `hdr` (each comma-separated value) and `fhdr` (whole values); null for the other matches. */
      readonly header: HeaderExpect | null;
      readonly minRecv: number | null;
      readonly okStatus: string | null;
      readonly errorStatus: string | null;
      readonly timeoutStatus: string | null;
      readonly onSuccess: LogFormat | null;
      readonly onError: LogFormat | null;
      readonly statusCode: SampleExpression | null;
    }
  | { readonly kind: "set-var"; readonly name: string; readonly value: SampleExpression | LogFormat }
  | { readonly kind: "unset-var"; readonly name: string }
);

/** What `http-check expect hdr|fhdr` looks for. */
export interface HeaderExpect {
  /** `fhdr`: a header's whole value; otherwise each of its comma-separated values. */
  readonly full: boolean;
  readonly name: HeaderPattern;
  /** Null: the header need only be there. */
  readonly value: HeaderPattern | null;
}

/** "str" is the default of `-m`; names compare without case. */
export interface HeaderPattern {
  readonly match: "str" | "beg" | "end" | "sub" | "reg";
  readonly text: string | LogFormat;
}

/** Words of a sample expression: a fetch, its arguments, then converters. Argument counts and types have been checked. */
export interface SampleExpression {
  readonly fetch: string;
  readonly arguments: readonly SampleArgument[];
  readonly converters: readonly { readonly name: string; readonly arguments: readonly SampleArgument[] }[];
  /** As written, for messages. */
  readonly text: string;
}

/** Strings as given (times in ms and sizes in bytes already as numbers; names of tables and backends checked; map files read). */
export type SampleArgument = string | number | null | { readonly file: string; readonly lines: readonly string[] };

/** `if`/`unless`: true when any of `any` has all its terms true (then turned round by `unless`). */
export interface Condition {
  readonly unless: boolean;
  readonly any: readonly (readonly { readonly negate: boolean; readonly acl: AclPlan }[])[];
}

/** All `acl` lines of one name (true when any of them matches), or one anonymous `{ … }`. */
export interface AclPlan {
  readonly name: string | null;
  readonly tests: readonly AclTest[];
}

export interface AclTest {
  readonly expression: SampleExpression;
  /** How values are compared: the criterion's own way or `-m`. */
  readonly match:
    "found" | "bool" | "int" | "ip" | "bin" | "len" | "str" | "beg" | "sub" | "reg" | "end" | "dir" | "dom";
  readonly ignoreCase: boolean;
  /** `-n`: no DNS for address patterns. `-u` and `-f`/`-M` have been resolved into `patterns`. */
  readonly patterns: readonly string[];
  /** Files the patterns came from: `Plan.patternLists` has them. */
  readonly files: readonly string[];
  /** The line's own patterns as the admin socket may change them: one of `Plan.patternLists` itself, not a copy. */
  readonly own: PatternListPlan | null;
}

/** Patterns that the admin socket may change: those of a file, shared by all that name it, or an ACL line's own. */
export interface PatternListPlan {
  /** `-u`, or counted in the order of the configuration. */
  readonly id: number;
  /** Null: an ACL line's own. */
  readonly file: string | null;
  /** Whether ACLs use it: `show acl` names it. A map's file may be an ACL's, too (`-M`). */
  readonly isAcl: boolean;
  /** Whether its entries have values: `show map` names it. */
  readonly isMap: boolean;
  /** HAProxy's words for where it comes from. */
  readonly description: string;
  /** In the order of the configuration, each once. */
  readonly uses: readonly PatternUse[];
  readonly entries: readonly PatternEntryPlan[];
}

/** One way in which a list is compared; `output` is the type of a map's values, null for an ACL. */
export interface PatternUse {
  readonly match: AclTest["match"];
  readonly ignoreCase: boolean;
  readonly output: "str" | "int" | "ip" | null;
}

export interface PatternEntryPlan {
  readonly key: string;
  /** Null in a list without values. */
  readonly value: string | null;
  /** What numbers, lengths and addresses are compared with: the key in full (`10.1.0.0/16`), all addresses of a name. */
  readonly compared: readonly string[];
}

/** One `tcp-request`/`tcp-response` line. */
export interface Rule {
  readonly position: Position;
  readonly action: Action;
  readonly condition: Condition | null;
}

/** What a rule does. Terminal actions: accept, reject, silent-drop, and use-service. */
export type Action =
  | { readonly kind: "accept" | "reject" | "silent-drop" | "expect-proxy" | "close" }
  | { readonly kind: "track-sc"; readonly slot: number; readonly key: SampleExpression; readonly table: string | null }
  | { readonly kind: "sc-inc-gpc"; readonly index: number; readonly slot: number }
  | {
      readonly kind: "sc-set-gpt" | "sc-add-gpc";
      readonly index: number;
      readonly slot: number;
      readonly value: number | SampleExpression;
    }
  | {
      readonly kind: "set-var";
      readonly name: string;
      readonly value: SampleExpression | LogFormat;
      readonly conditions: readonly string[];
    }
  | { readonly kind: "unset-var"; readonly name: string }
  | { readonly kind: "set-src" | "set-src-port" | "set-dst" | "set-dst-port"; readonly value: SampleExpression }
  | { readonly kind: "set-mark" | "set-tos"; readonly value: number }
  | { readonly kind: "set-priority-class" | "set-priority-offset"; readonly value: SampleExpression }
  | { readonly kind: "set-log-level"; readonly level: number | null }
  | { readonly kind: "set-bandwidth-limit"; readonly name: string }
  | { readonly kind: "do-log" };

/** `stick on|match|store-request|store-response`. */
export interface StickRule {
  readonly kind: "on" | "match" | "store-request" | "store-response";
  readonly key: SampleExpression;
  readonly table: string | null;
  readonly condition: Condition | null;
}

/** `stick-table`. `periodMs` of a rate stands with its counter. */
export interface StickTablePlan {
  readonly name: string;
  readonly type: "ip" | "ipv6" | "integer" | "string" | "binary";
  /** Longest key in bytes for string and binary. */
  readonly keyLength: number;
  readonly size: number;
  /** 0: never. */
  readonly expireMs: number;
  readonly nopurge: boolean;
  readonly stores: readonly { readonly name: string; readonly periodMs: number; readonly count: number }[];
}

/** A `log-format` string, taken apart. `json` and `cbor` come from a leading `%{+json}o`. */
export interface LogFormat {
  readonly text: string;
  readonly encoding: "text" | "json" | "cbor";
  readonly parts: readonly LogFormatPart[];
}

/** Flags: Q quote, X hexadecimal, E escape; `name` becomes the key in JSON and CBOR. */
export type LogFormatPart = {
  readonly flags: { readonly quote: boolean; readonly hex: boolean; readonly escape: boolean };
  readonly name: string | null;
} & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "alias"; readonly alias: string }
  | { readonly kind: "sample"; readonly expression: SampleExpression }
);

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
