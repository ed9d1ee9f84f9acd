/** What the two ways to make a stream of TLS have to offer: a handshake over a connection, and what can be read of it. */
import type { Connection } from "../transport.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { EngineClientContext, EngineServerContext } from "./contexts.ts";
import type { ClientHello, TlsConnection } from "./secure.ts";

/** A server's part: `hello` is all in `plain` still. */
export interface ServerTask {
  readonly isServer: true;
  readonly context: EngineServerContext;
  readonly hello: ClientHello;
  /** Agreed on already; null: none is. */
  readonly alpn: string | null;
}

/** A client's part. */
export interface ClientTask {
  readonly isServer: false;
  readonly context: EngineClientContext;
  readonly serverName: string | null;
  readonly alpn: readonly string[];
  /** To be resumed; null: none. */
  readonly session: Buffer | null;
  /** Called for each session that the server has given, at any time. */
  readonly keep: (session: Buffer) => void;
}

/** One handshake. */
export type HandshakeTask = ServerTask | ClientTask;

/** What can be read of a connection whose handshake is over, or has failed. The shape is `node:tls`'s. */
export interface HandshakeFacts {
  readonly protocol: string | null;
  readonly cipher: string | null;
  readonly alpn: string | null;
  readonly isResumed: boolean;
  /** The peer's certificate, with its chain; null: none. */
  readonly peer: RawCertificate | null;
}

/** As `getPeerCertificate(true)` gives it. */
export interface RawCertificate {
  readonly raw?: Uint8Array;
  readonly valid_from?: string;
  readonly valid_to?: string;
  /** Plain data, the same for the same name. */
  readonly subject?: unknown;
  readonly issuer?: unknown;
  readonly issuerCertificate?: RawCertificate;
}

/** Who hears of a handshake: one of the two is called, once, and never before `begin` returns. */
export interface HandshakeHandler {
  /**
   * It is over. `verifyError` is the engine's word for what is wrong with the peer's certificate; null: nothing, or it was not
   * asked for. One of `accept` and `refuse` has to be called.
   */
  handshaken(handshaken: Handshaken, verifyError: string | null): void;
  /** It failed, and the connection is closed. `reason`: as OpenSSL names it; null: the peer did not say anything. */
  broken(message: string, reason: string | null, facts: HandshakeFacts | null): void;
}

/** A handshake that is over. */
export interface Handshaken extends HandshakeFacts {
  accept(facts: TlsFacts): TlsConnection;
  /** Closes the connection: the peer is not wanted. */
  refuse(): void;
}

/** One that is under way. */
export interface Handshake {
  /** Resets the connection; nobody hears of it any more. */
  abandon(): void;
}

/** One way. */
export interface Engine {
  /** Short name for `-vv`. */
  readonly name: string;
  /** Whether it can have this connection. */
  takes(plain: Connection): boolean;
  /** Owns `plain` from the call on. */
  begin(plain: Connection, task: HandshakeTask, handler: HandshakeHandler): Handshake;
}
