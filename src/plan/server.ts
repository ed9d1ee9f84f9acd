/** What is planned of one server: its address, how it is checked, what it is told of clients. */
import type { HttpServerOptions } from "./http.ts";
import type { SocketBuffers } from "./socket.ts";
import type { Position } from "./position.ts";
import type { StartupsPlan } from "./ssh/startups.ts";
import type { LogFormat } from "./rules/log-format.ts";
import type { SshHostKeysPlan } from "./ssh/ssh.ts";
import type { CheckTlsPlan, ServerTlsPlan } from "./tls.ts";

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

/** What the options of a line say as they are (HAProxy's manual, 5.2); `serverDefaults` has what holds where they do not. */
export interface ServerOptions {
  /** 0 to 256. */
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  /** 0: no limit. */
  readonly maxconn: number;
  readonly minconn: number;
  readonly maxqueue: number;
  readonly slowstartMs: number;
  readonly onMarkedDown: "shutdown-sessions" | null;
  readonly onMarkedUp: "shutdown-backup-sessions" | null;
  readonly observe: "layer4" | "layer7" | null;
  readonly errorLimit: number;
  readonly onError: "fastinter" | "fail-check" | "sudden-death" | "mark-down";
  readonly source: SourcePlan | null;
  readonly userTimeoutMs: number | null;
  readonly fastOpen: boolean;
  /** `cc`; null: as the transport chooses. */
  readonly congestion: string | null;
  readonly resolvers: string | null;
  readonly resolvePrefer: 4 | 6 | null;
  readonly resolveOpts: {
    readonly allowDupIp: boolean;
    readonly ignoreWeight: boolean;
  };
  /** Networks an answer is preferred from, as CIDR. */
  readonly resolveNet: readonly string[];
  readonly nonStick: boolean;
}

/** What holds where a `server` line says nothing. */
export const serverDefaults: ServerOptions = {
  weight: 1,
  backup: false,
  disabled: false,
  maxconn: 0,
  minconn: 0,
  maxqueue: 0,
  slowstartMs: 0,
  onMarkedDown: null,
  onMarkedUp: null,
  observe: null,
  errorLimit: 10,
  onError: "fail-check",
  source: null,
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  resolvers: null,
  resolvePrefer: null,
  resolveOpts: { allowDupIp: false, ignoreWeight: false },
  resolveNet: [],
  nonStick: false,
};

/** One server, of a `server` line or a `server-template`. */
export interface ServerPlan extends ServerOptions {
  readonly name: string;
  readonly id: number;
  readonly position: Position;
  readonly address: ServerAddress;
  /** The address as written. */
  readonly text: string;
  readonly check: ServerCheckPlan | null;
  readonly agent: AgentPlan | null;
  /** `track`: backend and server whose state this one copies. */
  readonly track: { readonly backend: string; readonly server: string } | null;
  readonly proxyHeader: ProxyHeaderPlan | null;
  readonly buffers: SocketBuffers;
  /** How TLS is spoken with it; null: its line says nothing of it. */
  readonly tls: ServerTlsPlan | null;
  /** TLS is spoken with it, unless an operator says otherwise. */
  readonly usesTls: boolean;
  readonly http: HttpServerOptions;
  readonly startups: StartupsPlan;
  /** Null: nobody looks at its host keys. */
  readonly hostKeys: SshHostKeysPlan | null;
  /** In order of trial: "last" (state file), "libc", "none", or a literal address. */
  readonly initAddr: readonly string[];
  /** The line says `id`. */
  readonly isIdGiven: boolean;
  /** Good checks in a row until it is up; given without a check, too. */
  readonly rise: number;
  /** Set when this server is one slot of a `server-template`. */
  readonly template: { readonly prefix: string; readonly service: string | null } | null;
}

/** What the options of a line say of checks as they are. */
export interface ServerCheckOptions {
  readonly interMs: number;
  /** 0: as `interMs`. */
  readonly fastInterMs: number;
  readonly downInterMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** What holds where a line does not say otherwise (manual, 5.2: inter 2s, rise 2, fall 3). */
export const serverCheckDefaults: ServerCheckOptions = {
  interMs: 2000,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
};

/** When and where one server is checked. */
export interface ServerCheckPlan extends ServerCheckOptions {
  /** Null: the server's own. `resolved` like the server's address. */
  readonly address: ServerAddress | null;
  readonly port: number | null;
  readonly sendProxy: boolean;
  /** Null: in clear text, as far as no step of the check says `ssl`. */
  readonly tls: CheckTlsPlan | null;
}

/** How a server's agent is asked; `address` null: at the server's own. */
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
  readonly position: Position;
  /** The address as written. */
  readonly text: string;
  readonly host: string;
  /** Each connection has a port of its own from `port` to `lastPort`; 0: the kernel chooses. */
  readonly port: number;
  readonly lastPort: number;
  readonly interface: string | null;
  /** With `header`: the address that a field of the request has, of its values that one (from 1; -1: the last). */
  readonly useSource:
    | "client"
    | "clientip"
    | { readonly host: string; readonly port: number }
    | { readonly header: string; readonly occurrence: number }
    | null;
}

/** `weight`, an operator's and an agent's word: 0 (takes nothing) to this, as in HAProxy. */
export const maxWeight = 256;

/** Whether a server may have that weight. */
export function isWeight(weight: number): boolean {
  return weight >= 0 && weight <= maxWeight;
}
