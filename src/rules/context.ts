/** What a sample fetch may ask about the session it runs in: all that `rules` know of `proxy`. */
import type { Position } from "../plan/position.ts";
import type { SessionRecord } from "../session-record.ts";
import type { SshFacts } from "../ssh-facts.ts";
import type { TcpInfo } from "../tcp-info.ts";
import type { SocketAddress } from "../address.ts";
import type { TlsFacts } from "../tls-facts.ts";
import type { Sample } from "./value/sample.ts";
import type { Sniffing } from "./sniffing.ts";
import type { Tracked } from "./stick/tracking.ts";
import type { HttpView } from "./http-view.ts";

/** A PROXY header that a client's side sent. `tlvs` as they came. */
export interface ReceivedProxyHeader {
  readonly version: 1 | 2;
  readonly local: boolean;
  readonly tlvs: readonly { readonly type: number; readonly value: Uint8Array }[];
}

/** Bytes of one direction that have been read and not forwarded yet. */
export interface Payload {
  readonly bytes: Uint8Array;
  /** No more will come before the rules are decided: FIN, full buffer, or inspect-delay passed. */
  readonly final: boolean;
  /** So many bytes there may be at most, as a buffer has room; left out: any number. */
  readonly bufferBytes?: number;
  /** What is remembered from look to look; absent where there is one look only. */
  readonly sniffing?: Sniffing;
}

/** What fetches of internal states read (`nbsrv`, `fe_conn`, `be_sess_rate` and the like), by name. An unknown name gives null. */
export interface InternalStates {
  frontend(name: string): {
    readonly connections: number;
    readonly sessionRate: number;
    readonly requestRate: number;
    readonly id: number;
    /** For `fe_client_timeout` and `fe_defbe`. */
    readonly clientTimeoutMs?: number;
    readonly defaultBackend?: string | null;
  } | null;
  backend(name: string): {
    readonly id: number;
    readonly connections: number;
    readonly sessionRate: number;
    readonly usableServers: number;
    readonly queued: number;
    /** Connection slots left over servers and their queues; -1 when a server has no limit. */
    readonly connectionSlots: number;
    /** Sessions that may still be taken without queueing; -1 when unlimited. */
    readonly connectionsFree: number;
    readonly averageQueue: number;
    readonly weight: number;
    /** For `be_server_timeout`, `be_tunnel_timeout` and the `cur_` ones. */
    readonly serverTimeoutMs?: number;
    readonly tunnelTimeoutMs?: number;
  } | null;
  server(
    backend: string,
    server: string,
  ): {
    readonly id: number;
    readonly connections: number;
    readonly connectionsFree: number;
    readonly queued: number;
    readonly sessionRate: number;
    readonly isUp: boolean;
    readonly weight: number;
    readonly initialWeight: number;
    readonly userWeight: number;
  } | null;
  readonly processConnections: number;
  readonly stopping: boolean;
}

/** Variables by full name (`sess.x`, `txn.x`, `proc.x`, …). */
export interface Variables {
  get(name: string): Sample | undefined;
  set(name: string, value: Sample): void;
  unset(name: string): void;
}

/** A session as its rules see it. */
export interface SampleContext {
  /** The session's addresses as rules see them (after PROXY headers and `set-src`/`set-dst`). */
  source: SocketAddress;
  destination: SocketAddress;
  /** As the socket told them. */
  readonly peer: SocketAddress;
  readonly peerDestination: SocketAddress;
  readonly acceptedAt: number;
  readonly frontend: string;
  /** Null until one is chosen. */
  backend: string | null;
  server: string | null;
  readonly listener: {
    readonly id: number;
    readonly name: string | null;
    /** Connections on this socket now, for `dst_conn`; left out: the frontend's. */
    readonly connections?: number;
  };
  readonly proxyHeader: ReceivedProxyHeader | null;
  /** Null where the layer has no payload yet (connection and session rules). */
  readonly request: Payload | null;
  readonly response: Payload | null;
  readonly variables: Variables;
  readonly internal: InternalStates;
  readonly sessionId: number;
  /** Evaluates `unique-id-format` once and remembers it; null when the frontend has none. */
  uniqueId(): string | null;
  /** What this session tracks. */
  readonly tracked: Tracked;
  /** Counters for `bytes_in`, `bc_*`, `fc_*` fetches; null before there is a server connection. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly serverSide: { readonly source: SocketAddress; readonly destination: SocketAddress } | null;
  /** TCP_INFO of either connection; null, or left out, where there is none or the system does not tell. */
  clientTcpInfo?(): TcpInfo | null;
  serverTcpInfo?(): TcpInfo | null;
  /** What TLS came to on either connection; null, or left out, where none is spoken. */
  readonly clientTls?: TlsFacts | null;
  readonly serverTls?: TlsFacts | null;
  /** What has been read of SSH in passing; null, or left out, while nothing was. */
  readonly ssh?: SshFacts | null;
  /** Milliseconds left of the penalty of its source; null: its frontend gives none. Left out: nobody knows. */
  sshPenaltyMs?(): number | null;
  /** So many bytes of a client's offer are told (`tune.ssl.capture-buffer-size`); left out: none. */
  readonly tlsOfferBytes?: number;
  /** Set by a ruleset when a rule decides: `last_rule_file` and `last_rule_line`. */
  lastRule?: Position | null;
  /** What `set-priority-class` and `set-priority-offset` made of it; left out: 0. */
  readonly priority?: { readonly class: number; readonly offset: number };
  /** Errors of the two connections: why there was no PROXY header, in HAProxy's words, or the system's name (`ECONNRESET`); null or left out: none. */
  readonly clientError?: string | null;
  readonly serverError?: string | null;
  /** What `tcp-request content capture` has captured where there is no exchange: by slot. */
  readonly captured?: readonly (string | null)[] | null;
  /**
   * Whether a password (latin1) is the hashed one. "wait": that is being found out, and `awaitsPassword` until it is known. Left out:
   * it is nobody's.
   */
  isPassword?(password: string, hashed: string): boolean | "wait";
  readonly awaitsPassword?: boolean;
  /** What aliases of formats (`%ci`, `%ft`) tell so far, where there is no exchange; left out: nothing. */
  recordSoFar?(): SessionRecord;
  /** The exchange under way; null or left out outside `mode http`. */
  readonly http?: HttpView | null;
}

/** The payload of the direction whose rules run: as in HAProxy that, and no word of a fetch's name, says which one is meant. */
export function payloadOf(context: SampleContext): Payload | null {
  return context.response ?? context.request;
}

/** Whether no more bytes will come before the rules decide; true where there is no payload at all. */
export function isFinal(context: SampleContext): boolean {
  return payloadOf(context)?.final ?? true;
}
