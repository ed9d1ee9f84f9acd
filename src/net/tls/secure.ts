/** The seam of TLS: what is asked of an engine that makes a stream of TLS of a connection, and nothing else. */
import type { Connection } from "../transport.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { TlsHello } from "../../wire/tls/hello.ts";

/** A certificate and its key. Of one name there may be several, of different algorithms: the peer's abilities choose. */
export interface TlsIdentity {
  /** PEM: the certificate, then its chain. */
  readonly certificate: string;
  /** PEM, without a password. */
  readonly key: string;
}

/** A protocol version as OpenSSL names it. */
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** What holds for handshakes of either side. */
export interface TlsRules {
  /** OpenSSL's language, of TLS 1.2 and before; null: OpenSSL's own choice and order. */
  readonly ciphers: string | null;
  /** Colon separated; null: the engine's choice. */
  readonly curves: string | null;
  /** Colon separated; null: the engine's choice. */
  readonly sigalgs: string | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Most wanted first; empty: none is agreed on. */
  readonly alpn: readonly string[];
  /** PEM. The peer's certificate, or one of its chain, is not to be in any of these. */
  readonly crl: readonly string[];
  /** Whether sessions are resumed: by tickets alone. Bun keeps no sessions that TLS 1.2 could resume by their ID. */
  readonly tickets: boolean;
}

/**
 * Errors of verification that are forgiven, by their X509_V_ERR numbers: of the peer's certificate itself, and of those that have
 * signed it.
 */
export interface ForgivenErrors {
  readonly certificate: readonly number[] | "all";
  readonly ca: readonly number[] | "all";
}

/** All that server-side handshakes of one kind have in common. */
export interface ServerContextOptions extends TlsRules {
  /** At least one; of one name. */
  readonly identities: readonly TlsIdentity[];
  /** PEM: who may have signed clients' certificates. Empty: nobody. */
  readonly ca: readonly string[];
  /** Whether a client is asked for a certificate, and whether it may do without. One that it shows is verified. */
  readonly verify: "none" | "optional" | "required";
  readonly forgiven: ForgivenErrors;
  /** The order of `ciphers` decides, not the client's. */
  readonly preferServerCiphers: boolean;
  /** For so long a session may be resumed. */
  readonly sessionSeconds: number;
}

/** All that client-side handshakes of one kind have in common. */
export interface ClientContextOptions extends TlsRules {
  /** Shown to servers that ask; null: none. */
  readonly identity: TlsIdentity | null;
  /** PEM: who may have signed the server's certificate. Empty: nobody. */
  readonly ca: readonly string[] | "system";
  /** False: any certificate will do. */
  readonly verify: boolean;
  /** Sessions are kept and resumed. */
  readonly reuse: boolean;
}

/**
 * What server-side handshakes are made with: made once, used by many.
 *
 * Only the context that made a session resumes it, so that none opens what it was not verified for. No engine takes keys for tickets
 * (`tls-ticket-keys`), nor does any keep the CAs' names from clients that are asked (`no-ca-names`).
 */
export interface ServerContext {
  readonly options: ServerContextOptions;
}

/** What client-side handshakes are made with: made once, used by many. Keeps the sessions that may be resumed. */
export interface ClientContext {
  readonly options: ClientContextOptions;
}

/** Which part of a context's options is of no use. */
export type TlsOptionPart =
  "identity" | "ca" | "crl" | "ciphers" | "curves" | "sigalgs" | "versions" | "alpn" | "tickets";

/** Options that no handshake can be made with. `message` is the engine's own. */
export class TlsOptionError extends Error {
  override readonly name = "TlsOptionError";
  constructor(
    readonly part: TlsOptionPart,
    message: string,
    /** Where there may be several of the part. */
    readonly index = 0,
  ) {
    super(message);
  }
}

/** What a client says first, before anything is encrypted. */
export interface ClientHello {
  /** As sent; null: none was. Not checked to be a host name. */
  readonly serverName: string | null;
  /** Most wanted first. */
  readonly alpn: readonly string[];
  readonly hello: TlsHello;
}

/**
 * Why there is no stream of TLS. The connection beneath is closed.
 *
 * "timeout": the peer took too long. "closed": the peer finished before its hello was whole. "lost": the connection was reset.
 * "plain": what came is not TLS. "refused": nobody had a context for the hello. "certificate": the peer's is not trusted.
 * "name": the server's is another's. "handshake": anything else that the two could not agree on. "cancelled": by us.
 */
export type TlsFailureKind =
  "timeout" | "closed" | "lost" | "plain" | "refused" | "certificate" | "name" | "handshake" | "cancelled";

/** How an attempt to make a stream of TLS failed; `message` is the engine's own where it has one. */
export class TlsFailure extends Error {
  override readonly name = "TlsFailure";
  constructor(
    readonly kind: TlsFailureKind,
    message: string,
    /** As far as it came; null: not to a hello that both have seen. */
    readonly facts: TlsFacts | null = null,
  ) {
    super(message);
  }
}

/**
 * A connection whose bytes go through TLS. Its end is a close_notify and a FIN; the peer's is either of the two, for no engine tells
 * them apart, and HAProxy does not either. It has no descriptor to give.
 */
export interface TlsConnection extends Connection {
  readonly tls: TlsFacts;
}

/** Who wants to know what came of a handshake: one of the two is called, once, and never before the call that began it returns. */
export interface SecuredHandler {
  secured(connection: TlsConnection): void;
  failed(failure: TlsFailure): void;
}

/** A handshake under way. */
export interface Securing {
  /** Rejects with a TlsFailure only. A promise of its own for everyone who reads this. */
  readonly done: Promise<TlsConnection>;
  /** The same for less. */
  whenDone(handler: SecuredHandler): void;
  /** Gives up: it fails with "cancelled", and the connection is reset. No effect once it has ended. */
  cancel(): void;
}

/** One handshake of a server. */
export interface SecureServerOptions {
  /** From now until it is done; 0: no limit. */
  readonly timeoutMs: number;
  /** The session keeps the hello, for those who read it later. */
  readonly keepsHello: boolean;
}

/** One handshake of a client. */
export interface SecureClientOptions {
  /** What is asked for (SNI); null: nothing. */
  readonly serverName: string | null;
  /** Whose certificate it is to be; null: any that is trusted. Case does not count. */
  readonly verifyName: string | null;
  /** Replaces the context's; left out: the context's. */
  readonly alpn?: readonly string[];
  /** Sessions are resumed among those of one key, which says which server it is and whatever else tells sessions apart. */
  readonly sessionKey: string;
  /** From now until it is done; 0: no limit. */
  readonly timeoutMs: number;
}

/** An engine of TLS. Every implementation passes the contract suite of streams. */
export interface Tls {
  /** Short name for `-vv`. */
  readonly name: string;
  /** Throws a TlsOptionError. */
  serverContext(options: ServerContextOptions): ServerContext;
  /** Throws a TlsOptionError. */
  clientContext(options: ClientContextOptions): ClientContext;
  /**
   * Owns `plain` from the call on, which may hold bytes already. `choose` is called once, with the hello, and gives what to go on
   * with; null refuses the handshake.
   */
  secureServer(
    plain: Connection,
    choose: (hello: ClientHello) => ServerContext | null,
    options: SecureServerOptions,
  ): Securing;
  /** Owns `plain` from the call on. */
  secureClient(plain: Connection, context: ClientContext, options: SecureClientOptions): Securing;
}
