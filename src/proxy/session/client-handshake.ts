/** TLS with a client: from its connection as it came to the one that is spoken over, bounded in time and in number. */
import type {
  ClientHello,
  Securing,
  ServerContext,
  SecuredHandler,
  TlsConnection,
  TlsFailure,
} from "../../net/tls/secure.ts";
import type { Connection } from "../../net/transport.ts";
import { handshakeReason, handshakeReasons, type TlsFacts } from "../../tls-facts.ts";
import type { Handshake } from "../tls/figures/handshakes.ts";
import type { ListenerTls } from "../tls/listener-tls.ts";
import { clockMs } from "../../clock.ts";
import type { SessionContext } from "./context/session-context.ts";

/** Where neither `timeout client-hs` nor `timeout client` bounds it. */
const unboundedMs = 10_000;

/** What hears how it ended; one of the two is called, once. */
export interface HandshakeOwner {
  readonly isOver: boolean;
  /** The session goes on over `connection`. */
  secured(connection: Connection): void;
  /** The client's connection is closed. `reason`: in HAProxy's words. */
  insecure(reason: string, facts: TlsFacts | null): void;
  /** Something threw. Never throws. */
  fail(error: unknown): void;
}

/**
 * One handshake under way: the connection is its own until it has ended, and `cancel` the only way to end it. Its time is `timeout
 * client-hs`, else `timeout client`, in `mode http` as well, as in HAProxy.
 */
export class ClientHandshake implements SecuredHandler, Handshake {
  #securing: Securing | null = null;
  #end: (() => void) | null = null;
  #isTooMany = false;

  constructor(
    private readonly session: SessionContext,
    private readonly owner: HandshakeOwner,
  ) {}

  begin(tls: ListenerTls): void {
    const { client, front, addresses } = this.session;
    const { process, plan } = front;
    addresses.keep();
    const { clientHandshakeMs, clientMs } = plan.timeouts;
    const timeoutMs = clientHandshakeMs || clientMs || unboundedMs;
    this.#securing = process.tls.engine.secureServer(client, (hello) => this.#answer(tls, hello), {
      timeoutMs,
      keepsHello: process.tlsOfferBytes > 0,
    });
    this.#end = process.tls.handshakes.begin(this, addresses.source, process.maxconn);
    this.#securing.whenDone(this);
  }

  /** A certificate that cannot be used is told to the operator, and served to nobody. */
  #answer(tls: ListenerTls, hello: ClientHello): ServerContext | null {
    try {
      return tls.answer(hello);
    } catch (error) {
      this.session.front.process.faults.note(error, "while a client's hello was answered");
      return null;
    }
  }

  /** Gives up: the connection is reset, and nobody hears of it who is over by then. */
  cancel(): void {
    this.#securing?.cancel();
  }

  /** Handshake. */
  giveWay(): void {
    this.#isTooMany = true;
    this.cancel();
  }

  /** SecuredHandler. */
  secured(connection: TlsConnection): void {
    this.#leave();
    const { owner, session } = this;
    try {
      if (owner.isOver) return connection.reset();
      session.front.process.tls.use.clients.add(connection.tls.isResumed, clockMs());
      owner.secured(connection);
    } catch (error) {
      owner.fail(error);
    }
  }

  /** SecuredHandler. */
  failed(failure: TlsFailure): void {
    this.#leave();
    if (this.owner.isOver) return;
    this.#tell(this.#isTooMany ? handshakeReasons.tooMany : reasonOf(failure), failure.facts);
  }

  #tell(reason: string, facts: TlsFacts | null): void {
    try {
      this.owner.insecure(reason, facts);
    } catch (error) {
      this.owner.fail(error);
    }
  }

  /** What it took is given back, however it ends. */
  #leave(): void {
    this.#securing = null;
    this.#end?.();
    this.#end = null;
  }
}

/** As HAProxy tells it. A reset is none of its own there. */
function reasonOf({ kind, facts }: TlsFailure): string {
  if (kind === "timeout" || kind === "closed") return handshakeReasons[kind];
  if (facts === null) return handshakeReasons.failure;
  return handshakeReason(kind === "certificate" ? { ...facts, error: "CERTIFICATE_VERIFY_FAILED" } : facts);
}
