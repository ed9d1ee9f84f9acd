/** What is known of a configuration while its lines are read: the mutable forerunner of the Plan. */
import type {
  ProxyHeaderPlan,
  ServerAddress,
  ServerCheckOptions,
  ServerOptions,
  ServerPlan,
} from "../../plan/server.ts";
import type {
  BackendOptions,
  BackendPlan,
  BackendTimeouts,
  FrontendOptions,
  FrontendPlan,
  FrontendTimeouts,
  ProxyOptions,
} from "../../plan/proxy.ts";
import type { HttpServerOptions } from "../../plan/http.ts";
import type { KeepAlive } from "../../plan/socket.ts";
import type { BindPlan } from "../../plan/bind.ts";
import type { CheckPlan } from "../../plan/check.ts";
import type { GlobalPlan } from "../../plan/global.ts";
import type { LogTarget, RingPlan } from "../../plan/log.ts";
import type { Position } from "../../plan/position.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { StartupsPlan } from "../../plan/ssh/startups.ts";
import type { UserlistPlan } from "../../plan/rules/userlist.ts";
import type { Rule, StickTablePlan } from "../../plan/rules/rule.ts";
import type { SshPenaltiesPlan } from "../../plan/ssh/ssh-penalties.ts";
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { CheckLists, CheckRule } from "./check-lists.ts";
import type { SshCheckSettings } from "./ssh-checks.ts";
import type { HttpRulesDraft, HttpSettings } from "./http.ts";
import type { Mutable } from "./mutable.ts";
import type { Accounts } from "./accounts.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Found, NamedFiles } from "../text/named-files.ts";
import type { BindTlsWords } from "./tls/bind-tls-draft.ts";
import type { TlsFiles } from "./tls/tls-files.ts";
import type { TlsGlobals } from "./tls/tls-words.ts";
import type { Hosts } from "./hosts.ts";
import type { PatternLists } from "./pattern-lists.ts";
import type { ProxyScope, Reference } from "./proxy-scope.ts";
import type { ServerTlsWords } from "./tls/server-tls-draft.ts";
import type { Environment, Section, Statement, Word } from "../text/statement.ts";

/** What the machine and the command line say to the configuration. */
export interface PlanContext {
  /** As it is after the files were read. */
  readonly environment: Environment;
  readonly accounts: Accounts;
  /** Reads a file named in the configuration; null when it cannot be opened. */
  readonly readFile: (path: string) => string | null;
  /** What there is under a name, before it is read. */
  readonly find: (path: string) => Found;
  /** `-L NAME`, or the machine's name: which `peer` is this process. */
  readonly localPeer: string;
  /** Whether passwords in this form of crypt(3) can be told right from wrong here; may take some ms. */
  readonly canVerify: (hashed: string) => boolean;
}

/** Everything that the lines have said so far. */
export interface Draft {
  readonly context: PlanContext;
  /** Files that lines name; nothing else opens one. */
  readonly files: NamedFiles;
  readonly diagnostics: Diagnostics;
  readonly global: GlobalDraft;
  readonly proxies: ProxyDraft[];
  /** Rules of `defaults` sections that proxies come from, each section once, with the kind of the first of those. */
  readonly handedDown: {
    readonly name: string;
    readonly heir: ProxyDraft["kind"];
    readonly http: HttpRulesDraft;
    readonly contentRules: readonly Rule[];
    readonly inspectDelayMs: number;
  }[];
  readonly resolvers: ResolversDraft[];
  readonly rings: Map<string, RingDraft>;
  /** With the groups that each declares. */
  readonly userlists: Map<string, { readonly plan: UserlistPlan; readonly groups: ReadonlySet<string> }>;
  /** `http-errors` sections: by status whole responses, as latin1 text. */
  readonly httpErrors: Map<string, ReadonlyMap<number, string>>;
  readonly peers: Map<string, PeersDraft>;
  readonly mailers: Map<string, Statement>;
  readonly tables: Map<string, { readonly position: Position; readonly owner: string }>;
  readonly references: Reference[];
  readonly patternLists: PatternLists;
  readonly hosts: Hosts;
  readonly tls: TlsFiles;
}

/** The `global` sections together, while they are read. */
export interface GlobalDraft extends Mutable<GlobalPlan> {
  logs: LogTarget[];
  http: Mutable<GlobalPlan["http"]> & { caseAdjust: GlobalPlan["http"]["caseAdjust"][number][] };
  ssh: Mutable<GlobalPlan["ssh"]>;
  statsSockets: Mutable<GlobalPlan["statsSockets"]>[number][];
  setVars: Mutable<GlobalPlan["setVars"]>[number][];
  withoutEffect: Mutable<GlobalPlan["withoutEffect"]>[number][];
  unixBind: { prefix: string; mode: number | null; uid: number | null; gid: number | null };
  /** `server-state-file` and `server-state-base`, for the backends that load one. */
  serverStateFile: string | null;
  serverStateBase: string | null;
  externalCheck: boolean;
  /** `noreuseport`. */
  sharesPorts: boolean;
  /** `dns-accept-family`; null: both. */
  acceptFamily: 4 | 6 | null;
  /** `insecure-fork-wanted`. */
  forkWanted: boolean;
  /** `tune.stick-counters`. */
  stickCounters: number;
  readonly tls: TlsGlobals;
  /** Whether any expression asks for what SSH says. */
  asksSsh: boolean;
  /** `expose-experimental-directives`. */
  isExperimental: boolean;
  /** `ssl-server-verify`. */
  serverVerify: "none" | "required";
  /** Which keywords that may stand only once have stood. */
  readonly seen: Set<string>;
}

/** A format as written, with the line that said it: read when its proxy is complete. */
export interface FormatDraft {
  readonly statement: Statement;
  /** Index of the word that holds the format; null for HAProxy's own formats. */
  readonly index: number | null;
  readonly kind: "custom" | "tcplog" | "sshlog" | "httplog" | "httplog-clf" | "httpslog";
}

/** Where a named thing was asked for, so that a message can point there. */
export interface Mention {
  readonly name: string;
  readonly statement: Statement;
  readonly word: Word | null;
}

/**
 * What `defaults` hands down, and what the lines of a proxy then say: the Plan's own options, and what others of its fields
 * are worked out from. What lines change in place `inheritedSettings` copies.
 */
export interface Settings extends Mutable<ProxyOptions>, Mutable<FrontendOptions>, Mutable<BackendOptions> {
  mode: { value: "tcp" | "http"; statement: Statement | null };
  /** `log global` stands as "global" until all global sections are read. */
  logs: (LogTarget | "global")[];
  logFormat: FormatDraft | null;
  errorLogFormat: FormatDraft | null;
  logFormatSd: FormatDraft | null;
  uniqueIdFormat: FormatDraft | null;
  /** `retry-on`. */
  retriesConnects: boolean;
  timeouts: Mutable<FrontendTimeouts & BackendTimeouts>;
  /** `option clitcpka` and `option srvtcpka`. */
  clientKeepAlive: boolean;
  serverKeepAlive: boolean;
  keepAlive: Record<"client" | "server", Mutable<KeepAlive>>;
  /** `option tcp-smart-accept`. */
  smartAccept: boolean;
  http: HttpSettings;
  ssh: SshSettings;
  transparent: boolean;
  /** `balance` has been said. */
  isBalanced: boolean;
  defaultBackend: Mention | null;
  check: CheckChoice;
  checkLists: CheckLists;
  sshCheck: SshCheckSettings;
  disableOn404: boolean;
  sendState: boolean;
  server: ServerSettings;
  serverStateFrom: "none" | "local" | "global";
  serverStateName: string | null;
  /** `external-check command` and `path`. */
  external: { command: string | null; path: string | null };
  /** HTTP statements that a proxy in `mode tcp` is warned about at the end, by kind. */
  httpOnly: Set<"cookie" | "stats" | "capture" | "redirect" | "monitor-uri" | HttpRules>;
  /** `option X` that needs HTTP. */
  httpOptions: Set<string>;
  emailAlert: Set<string>;
  mailers: Mention | null;
}

/** What lines say of SSH; replaced whole where one changes it. */
export interface SshSettings {
  /** `option ssh`. */
  readonly isRead: boolean;
  /** `option ssh-require`. */
  readonly isRequired: boolean;
  /** `ssh-error`; "silent": `no ssh-error`. */
  readonly refusal: FormatDraft | "silent" | null;
  /** `ssh-penalties`. */
  readonly penalties: SshPenaltiesPlan | null;
  readonly startups: StartupWords;
  /** `ssh-hostkeys`; null: it is not said. */
  readonly hostKeysInterMs: number | null;
  /** `ssh-hostkey` of the section. */
  readonly pins: readonly string[];
}

/** `ssh-maxstartups` and `ssh-login-grace`, as far as they are said. */
export interface StartupWords {
  readonly limit?: Pick<StartupsPlan, "most" | "perSource"> | undefined;
  readonly graceMs?: number | undefined;
}

/** Kinds of rules that only HTTP has. */
export type HttpRules = "http-request" | "http-response" | "http-after-response";

/** Which `option …chk` was said last; "none" is a plain connect. */
export type CheckChoice =
  | { kind: "none" }
  | { kind: "tcp" | "http"; rules: readonly CheckRule[] }
  | { kind: "external" }
  | { kind: "plain"; plan: CheckPlan };

/** A `ring` section while it is read. */
export interface RingDraft {
  readonly name: string;
  readonly header: Statement;
  format: LogTarget["format"] | null;
  /** 0: as long as the ring allows. */
  maxlen: number;
  sizeBytes: number;
  readonly timeouts: { connect: number; server: number };
  readonly servers: RingPlan["servers"][number][];
  readonly serverNames: Set<string>;
}

/** One proxy section while it is read. */
export interface ProxyDraft {
  readonly kind: "frontend" | "backend" | "listen";
  readonly name: string;
  readonly section: Section;
  readonly position: Position;
  readonly scope: ProxyScope;
  readonly settings: Settings;
  readonly binds: BindDraft[];
  /** The first of each number that was given. */
  readonly bindsById: Map<number, BindDraft>;
  readonly servers: ServerDraft[];
  id: number;
  idGiven: boolean;
  description: string | null;
  stickTable: StickTablePlan | null;
  readonly connectionRules: Rule[];
  readonly sessionRules: Rule[];
  readonly contentRules: Rule[];
  readonly responseRules: Rule[];
  inspectDelayMs: number;
  responseInspectDelayMs: number;
  readonly useBackends: { value: FrontendPlan["useBackends"][number]; statement: Statement }[];
  readonly useServers: { value: BackendPlan["useServers"][number]; statement: Statement }[];
  readonly stickRules: { value: BackendPlan["stickRules"][number]; statement: Statement }[];
  readonly persistRules: BackendPlan["persistRules"][number][];
  dispatch: DispatchDraft | null;
  readonly http: HttpRulesDraft;
  /** Kinds of rules seen, for warnings about their order. */
  readonly ruleKinds: Set<string>;
  /** Peers sections that the stick table names. */
  readonly peersWanted: Mention[];
}

/** `dispatch`. */
export interface DispatchDraft {
  readonly address: ServerAddress;
  readonly text: string;
  readonly position: Position;
}

/** One listener of a `bind` line or `stats socket`, while its options are read. */
export type BindDraft = Mutable<BindPlan> & {
  /** Set when the host is a name that has to be looked up before binding. */
  isName: boolean;
  /** False until `id` is given. */
  idGiven: boolean;
  level: "user" | "operator" | "admin";
  severityOutput: "none" | "number" | "string";
  /** What becomes of `tls` once every line is read. */
  readonly tlsWords: BindTlsWords;
  readonly statement: Statement;
};

/** What `server` and `default-server` lines say: the Plan's own options, and what others of its fields are worked out from. */
export interface ServerSettings extends Mutable<ServerOptions>, Mutable<ServerCheckOptions> {
  check: boolean;
  checkAddress: ServerAddress | null;
  checkPort: number | null;
  checkSendProxy: boolean;
  agentCheck: boolean;
  agentAddress: ServerAddress | null;
  agentPort: number;
  /** 0: as often as checks. */
  agentInterMs: number;
  agentSend: string;
  /** `[BACKEND/]SERVER`. */
  track: string | null;
  sendProxy: { v1: boolean; v2: boolean; ssl: boolean; sslCn: boolean };
  proxyV2Options: ProxyHeaderPlan["options"][number][];
  tlvs: ProxyHeaderPlan["tlvs"][number][];
  /** Empty: not said. */
  initAddr: readonly string[];
  http: Mutable<HttpServerOptions>;
  startups: StartupWords;
  /** `ssh-hostkey`, and the line that says it; null: none does. */
  hostKeyPins: { readonly statement: Statement; readonly fingerprints: readonly string[] } | null;
  tls: ServerTlsWords;
}

/** One server while the file is read; `settings` begin as those of `default-server`. */
export interface ServerDraft {
  readonly name: string;
  id: number;
  idGiven: boolean;
  readonly position: Position;
  readonly statement: Statement;
  readonly address: ServerAddress;
  readonly text: string;
  readonly settings: ServerSettings;
  /** `sni`, its own or that of `default-server`. */
  readonly sni: SampleExpression | null;
  readonly template: ServerPlan["template"];
}

/** A `resolvers` section while it is read. */
export type ResolversDraft = Omit<Mutable<ResolversPlan>, "nameservers" | "holdMs"> & {
  nameservers: ResolversPlan["nameservers"][number][];
  holdMs: Mutable<ResolversPlan["holdMs"]>;
  readonly statement: Statement;
  /** Line of each nameserver, by name. */
  readonly declared: Map<string, Statement>;
};

/** A `peers` section, of which only names count. */
export interface PeersDraft {
  readonly name: string;
  readonly statement: Statement;
  disabled: boolean;
  readonly names: Set<string>;
}

/** Where a statement stands. */
export function positionOf(statement: Statement): Position {
  return { file: statement.file, line: statement.line };
}
