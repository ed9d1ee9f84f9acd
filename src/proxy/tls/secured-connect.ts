/** The way to a server that is spoken TLS with: a connection, what is said in the clear, a handshake, all within one time. */
import { clockMs } from "../../clock.ts";
import type {
  ClientContext,
  SecureClientOptions,
  SecuredHandler,
  TlsConnection,
  TlsFailure,
} from "../../net/tls/secure.ts";
import { type Connection, type ConnectHandler, type ConnectOptions, TransportError } from "../../net/transport.ts";
import type { Transport } from "../../net/transport.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { TlsProcess } from "./tls-process.ts";

/** Why there is no connection over TLS though the server could be reached: the handshake's own failure is its `cause`. */
export class HandshakeError extends TransportError {
  constructor(override readonly cause: TlsFailure) {
    super("EPROTO", cause.message, cause.kind === "timeout");
  }
}

/** A handshake to be made, once there is a connection. */
export interface Wanted {
  readonly context: ClientContext;
  readonly options: Omit<SecureClientOptions, "timeoutMs">;
}

/** Who wants it: one of the first three is called, once, and never before `begin` returns. */
export interface SecuredConnectHandler extends ConnectHandler {
  /** Something threw in between. */
  broken(error: unknown): void;
  /** It is connected: says what comes before TLS, and how to go on. What it throws is told to `broken`. */
  secureBy(connection: Connection): Wanted;
  /** A handshake has ended, but for one that took too long. Null: it failed. */
  shaken(facts: TlsFacts | null): void;
}

/** Where no time is given for the whole. */
const unboundedMs = 60_000;

/** One attempt. */
export class SecuredConnect implements ConnectHandler, SecuredHandler {
  #step: { cancel(): void } | null = null;
  #startedAt = clockMs();
  #timeoutMs = 0;

  constructor(
    private readonly process: TlsProcess,
    private readonly handler: SecuredConnectHandler,
  ) {}

  begin(transport: Transport, options: ConnectOptions): void {
    this.#startedAt = clockMs();
    this.#timeoutMs = options.timeoutMs || unboundedMs;
    const connecting = transport.connect(options);
    this.#step = connecting;
    connecting.whenDone(this);
  }

  /** Gives up: the handler hears of a failure, ECANCELED or of the handshake. */
  cancel(): void {
    this.#step?.cancel();
  }

  /** ConnectHandler. */
  connected(connection: Connection): void {
    this.#step = null;
    try {
      this.#secure(connection);
    } catch (error) {
      connection.reset();
      this.handler.broken(error);
    }
  }

  #secure(connection: Connection): void {
    const { use, engine } = this.process;
    if (use.isFull) throw new TransportError("ENOBUFS", "Too many SSL connections");
    const { context, options } = this.handler.secureBy(connection);
    const timeoutMs = Math.max(1, this.#timeoutMs - (clockMs() - this.#startedAt));
    const securing = engine.secureClient(connection, context, { ...options, timeoutMs });
    this.#step = securing;
    securing.whenDone(this);
  }

  /** ConnectHandler. */
  refused(error: TransportError): void {
    this.#step = null;
    this.handler.refused(error);
  }

  /** SecuredHandler. */
  secured(connection: TlsConnection): void {
    this.#step = null;
    this.process.use.connected(connection, connection.tls.isResumed, clockMs());
    this.handler.shaken(connection.tls);
    this.handler.connected(connection);
  }

  /** SecuredHandler. */
  failed(failure: TlsFailure): void {
    this.#step = null;
    // As in HAProxy one that has taken too long is none that has failed.
    if (failure.kind !== "cancelled" && failure.kind !== "timeout") this.handler.shaken(null);
    this.handler.refused(new HandshakeError(failure));
  }
}
