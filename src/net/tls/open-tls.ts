/** Handshakes of both sides from the first byte to a stream or a failure, over whichever engine a connection allows. */
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { expireAfter, type Deadline, type Expiring } from "../deadlines.ts";
import type { Connection } from "../transport.ts";
import { factsOfHello, type TlsFacts } from "../../tls-facts.ts";
import { agreedProtocol, EngineClientContext, EngineServerContext } from "./contexts.ts";
import type { Engine, Handshake, HandshakeFacts, HandshakeHandler, Handshaken, HandshakeTask } from "./engine.ts";
import { duplexEngine } from "./duplex-tls.ts";
import { factsOf } from "./facts.ts";
import { readHello, type HelloHandler } from "./hello-reading.ts";
import {
  TlsFailure,
  type ClientHello,
  type ForgivenErrors,
  type SecureClientOptions,
  type SecureServerOptions,
  type Securing,
  type ServerContext,
  type Tls,
  type TlsRules,
} from "./secure.ts";
import { SecuringOutcome } from "./securing-outcome.ts";
import { refuseUnheeded, type Unheeded } from "./unheeded.ts";

/** A fatal alert (RFC 8446, section 6): 15 03 01, two bytes of length, level, description. */
const alerts = {
  unrecognizedName: Uint8Array.of(0x15, 3, 1, 0, 2, 2, 112),
  decodeError: Uint8Array.of(0x15, 3, 1, 0, 2, 2, 50),
} as const;

/** How long a peer may read an alert. */
const alertMs = 1000;

/** What both sides' attempts have in common. */
abstract class Attempt extends SecuringOutcome implements HandshakeHandler, Expiring {
  /** Ours until an engine has it. */
  protected plain: Connection | null;
  #handshake: Handshake | null = null;
  readonly #deadline: Deadline | null;
  #task: HandshakeTask | null = null;

  constructor(
    protected readonly engine: Engine,
    plain: Connection,
    timeoutMs: number,
    readonly keepsHello: boolean,
  ) {
    super();
    this.plain = plain;
    this.#deadline = timeoutMs > 0 ? expireAfter(timeoutMs, this) : null;
  }

  protected begin(task: HandshakeTask): void {
    const { plain } = this;
    if (plain === null) return;
    this.plain = null;
    this.#task = task;
    this.#handshake = this.engine.begin(plain, task, this);
  }

  /** HandshakeHandler. */
  handshaken(handshaken: Handshaken, verifyError: string | null): void {
    const task = this.#task as HandshakeTask;
    const facts = factsOf(task, handshaken, verifyError, null, true, this.keepsHello);
    const fault = this.fault(task, facts, handshaken, verifyError);
    if (fault !== null) {
      handshaken.refuse();
      return this.conclude(fault);
    }
    this.#deadline?.cancel();
    this.settle(handshaken.accept(facts));
  }

  /** HandshakeHandler. */
  broken(message: string, reason: string | null, engine: HandshakeFacts | null): void {
    const task = this.#task as HandshakeTask;
    const facts = factsOf(task, engine, null, reason, false, this.keepsHello);
    this.conclude(new TlsFailure("handshake", message, facts));
  }

  /** What is wrong with the peer; null: nothing. */
  protected abstract fault(
    task: HandshakeTask,
    facts: TlsFacts,
    handshaken: Handshaken,
    verifyError: string | null,
  ): TlsFailure | null;

  protected conclude(failure: TlsFailure): void {
    this.#deadline?.cancel();
    this.settle(failure);
  }

  /** Expiring. */
  expire(): void {
    this.#giveUp(new TlsFailure("timeout", "the handshake took too long", this.#factsSoFar()));
  }

  cancel(): void {
    this.#giveUp(new TlsFailure("cancelled", "given up"));
  }

  #giveUp(failure: TlsFailure): void {
    if (this.isDone) return;
    // What follows is of no interest any more.
    const { plain } = this;
    this.plain = null;
    this.conclude(failure);
    plain?.reset();
    this.#handshake?.abandon();
  }

  #factsSoFar(): TlsFacts | null {
    return this.#task === null ? null : factsOf(this.#task, null, null, null, false, this.keepsHello);
  }
}

class ServerAttempt extends Attempt implements HelloHandler {
  readonly #choose: (hello: ClientHello) => ServerContext | null;

  constructor(
    engine: Engine,
    plain: Connection,
    choose: (hello: ClientHello) => ServerContext | null,
    options: SecureServerOptions,
  ) {
    super(engine, plain, options.timeoutMs, options.keepsHello);
    this.#choose = choose;
    readHello(plain, this);
  }

  /** HelloHandler. */
  said(hello: ClientHello): void {
    if (this.isDone) return;
    let context: ServerContext | null;
    try {
      context = this.#choose(hello);
    } catch (error) {
      return this.#refuse(alerts.unrecognizedName, this.#refusal(String(error), hello));
    }
    if (context === null)
      return this.#refuse(alerts.unrecognizedName, this.#refusal("no certificate for this name", hello));
    const alpn = agreedProtocol(context.options.alpn, hello.alpn);
    // There are no others: `serverContext` has made it.
    this.begin({ isServer: true, context: context as EngineServerContext, hello, alpn });
  }

  #refusal(message: string, { serverName, hello }: ClientHello): TlsFailure {
    const clientHello = this.keepsHello ? hello.message : null;
    return new TlsFailure("refused", message, factsOfHello({ error: "CALLBACK_FAILED", serverName, clientHello }));
  }

  /** HelloHandler. */
  silent(failure: TlsFailure): void {
    if (this.isDone) return;
    this.#refuse(failure.kind === "handshake" ? alerts.decodeError : null, failure);
  }

  #refuse(alert: Uint8Array | null, failure: TlsFailure): void {
    const { plain } = this;
    this.plain = null;
    this.conclude(failure);
    if (alert === null) plain?.close();
    else plain?.closeWith(alert, alertMs);
  }

  protected fault(task: HandshakeTask, facts: TlsFacts): TlsFailure | null {
    if (!task.isServer) return null;
    const { verify, forgiven } = task.context.options;
    if (verify === "required" && facts.peerChain.length === 0)
      return new TlsFailure("handshake", "the peer did not return a certificate", {
        ...facts,
        isComplete: false,
        error: "PEER_DID_NOT_RETURN_A_CERTIFICATE",
      });
    if (isTrusted(facts, forgiven)) return null;
    return new TlsFailure("certificate", "the client's certificate is not trusted", {
      ...facts,
      isComplete: false,
      error: "CERTIFICATE_VERIFY_FAILED",
    });
  }
}

class ClientAttempt extends Attempt {
  readonly #options: SecureClientOptions;
  readonly #sessionKey: string;

  constructor(engine: Engine, plain: Connection, context: EngineClientContext, options: SecureClientOptions) {
    super(engine, plain, options.timeoutMs, false);
    this.#options = options;
    const { serverName, verifyName } = options;
    // A session is good for the name that it was verified for, and for no other.
    this.#sessionKey = JSON.stringify([options.sessionKey, serverName, verifyName]);
    const { reuse, alpn } = context.options;
    this.begin({
      isServer: false,
      context,
      serverName,
      alpn: options.alpn ?? alpn,
      session: reuse ? context.sessions.of(this.#sessionKey) : null,
      keep: (session) => {
        if (reuse) context.sessions.keep(this.#sessionKey, session);
      },
    });
  }

  protected fault(
    task: HandshakeTask,
    facts: TlsFacts,
    handshaken: Handshaken,
    verifyError: string | null,
  ): TlsFailure | null {
    if (task.isServer || !task.context.options.verify) return null;
    if (verifyError !== null)
      return this.#not("certificate", `the server's certificate is not trusted: ${verifyError}`, facts);
    const { verifyName } = this.#options;
    if (verifyName === null) return null;
    const { peer, isResumed } = handshaken;
    // Of a session that is resumed Node shows no certificate: the name was looked at before the session was kept.
    if (peer === null) return isResumed ? null : this.#not("name", "the server has shown no certificate", facts);
    const error = checkServerIdentity(verifyName, peer as PeerCertificate);
    return error === undefined ? null : this.#not("name", error.message, facts);
  }

  #not(kind: "certificate" | "name", message: string, facts: TlsFacts): TlsFailure {
    return new TlsFailure(kind, message, { ...facts, isComplete: false, error: "CERTIFICATE_VERIFY_FAILED" });
  }
}

function isTrusted({ leafError, chainError }: TlsFacts, { certificate, ca }: ForgivenErrors): boolean {
  return isForgiven(leafError, certificate) && isForgiven(chainError, ca);
}

function isForgiven(error: number, forgiven: readonly number[] | "all"): boolean {
  return error === 0 || forgiven === "all" || forgiven.includes(error);
}

/**
 * TLS of this process: by `direct` where that takes a connection, else, and where it is null, by `node:tls`. `unheeded`: what is
 * refused because `node:tls` of this runtime does not heed it; null: nothing.
 */
export function openTls(direct: Engine | null, unheeded: Unheeded | null = null): Tls {
  const heeded = <T extends TlsRules>(options: T): T => {
    if (unheeded !== null) refuseUnheeded(options, unheeded);
    return options;
  };
  const engineFor = (plain: Connection): Engine => (direct?.takes(plain) === true ? direct : duplexEngine);
  return {
    name: (direct ?? duplexEngine).name,
    serverContext: (options) => new EngineServerContext(heeded(options)),
    clientContext: (options) => new EngineClientContext(heeded(options)),
    secureServer: (plain, choose, options): Securing => new ServerAttempt(engineFor(plain), plain, choose, options),
    secureClient: (plain, context, options): Securing =>
      new ClientAttempt(engineFor(plain), plain, context as EngineClientContext, options),
  };
}
