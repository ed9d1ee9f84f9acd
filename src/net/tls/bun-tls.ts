/** Bun's own TLS, over a descriptor or a socket of Bun's. Everything that Bun does not document is named here and nowhere else; Bun 1.4.5 has it. */
import type { Socket } from "bun";
import { BunConnection } from "../bun/bun-connection.ts";
import { EpollConnection } from "../epoll/epoll-connection.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";
import type { Connection } from "../transport.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import { BunTlsConnection } from "./bun-tls-connection.ts";
import { alpnBytes } from "./contexts.ts";
import type { Engine, Handshake, HandshakeHandler, Handshaken, HandshakeTask, RawCertificate } from "./engine.ts";
import type { TlsConnection } from "./secure.ts";
import { isVerifyError } from "./verify-errors.ts";

/** What a socket of Bun's can do that its types do not say. */
interface TlsSocket extends Socket<unknown> {
  /** The other way round than Node's: whether to leave out the chain. */
  setSession(session: Buffer): void;
  getPeerCertificate(isAbbreviated?: boolean): never;
}

const wrongName = "ERR_TLS_CERT_ALTNAME_INVALID";

/** Bun's events of the socket beneath: what matters comes from the one above, but for what fails before there is one. */
const rawHandlers = {
  open(raw: TlsSocket): void {
    (raw.data as BunHandshake).upgrade(raw);
  },
  data(): void {},
  error(): void {},
};

/** Bun's events of the stream of TLS. */
const handlers = {
  open: (socket: TlsSocket): void => (socket.data as BunHandshake).onOpen(socket),
  data: (socket: TlsSocket, bytes: Uint8Array): void => (socket.data as BunHandshake).onData(bytes),
  drain: (socket: TlsSocket): void => (socket.data as BunHandshake).onDrain(),
  end: (socket: TlsSocket): void => (socket.data as BunHandshake).onEnd(),
  close: (socket: TlsSocket, error?: Error): void => (socket.data as BunHandshake).onClosed(error),
  error(socket: TlsSocket, error: Error & { code?: string }): void {
    const connection = socket.data as BunHandshake;
    if (error.code === "EPROTO") return connection.onFault();
    // Thrown in one of these: the fault of one must not be another's, nor stay unheard.
    connection.terminate();
    queueMicrotask(() => {
      throw error;
    });
  },
  handshake: (socket: TlsSocket, isDone: boolean, error: Error | null): void =>
    (socket.data as BunHandshake).onHandshake(socket, isDone, error),
  session: (socket: TlsSocket, session: Buffer): void => (socket.data as BunHandshake).onSession(session),
  binaryType: "uint8array",
};

/** The handshake and, once it is accepted, the connection: Bun knows one object for both. */
class BunHandshake extends BunTlsConnection implements Handshake, Handshaken {
  /** Null once it is over. */
  #task: HandshakeTask | null;
  readonly #keep: ((session: Buffer) => void) | null;
  #held: Uint8Array | null;
  #handler: HandshakeHandler | null;
  #isUpgraded = false;
  #early: Buffer | null = null;
  #facts: TlsFacts | null = null;

  constructor(calls: SocketCalls | null, plain: Connection, task: HandshakeTask, handler: HandshakeHandler) {
    super(calls, plain.remote, plain instanceof EpollConnection ? null : plain.local);
    this.#task = task;
    this.#keep = task.isServer ? null : task.keep;
    this.#handler = handler;
    this.#held = plain.held.length > 0 ? plain.held : null;
  }

  /** Nothing may be told before this returns, and Bun tells of what fails at once. Owns the descriptor. */
  beginOn(fd: number): void {
    queueMicrotask(() => {
      if (this.#handler !== null) void this.#connect(fd);
      else this.calls?.close(fd);
    });
  }

  /** The same over a socket that is connected already. */
  beginOver(socket: Socket<unknown>): void {
    queueMicrotask(() => this.upgrade(socket as TlsSocket));
  }

  async #connect(fd: number): Promise<void> {
    const options = { fd, data: this, allowHalfOpen: true, socket: rawHandlers };
    try {
      await Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<unknown>);
    } catch (error) {
      // What it has not taken it leaves open.
      if (this.#isUpgraded) return;
      this.calls?.close(fd);
      this.#break((error as Error).message, null);
    }
  }

  /** Bun has the descriptor. */
  upgrade(raw: TlsSocket): void {
    this.#isUpgraded = true;
    const task = this.#task;
    if (this.#handler === null || task === null) return raw.terminate();
    const held = this.#held;
    this.#held = null;
    try {
      const [, socket] = raw.upgradeTLS({
        data: this,
        isServer: task.isServer,
        ...(held === null ? {} : { initialData: Buffer.from(held.buffer, held.byteOffset, held.length) }),
        tls: tlsOptions(task),
        socket: handlers,
      } as unknown as Bun.TLSUpgradeOptions<unknown>);
      if (!this.closed) this.socket = socket;
    } catch (error) {
      raw.terminate();
      this.#break((error as Error).message, null);
    }
  }

  onHandshake(socket: TlsSocket, isDone: boolean, error: Error | null): void {
    // During `upgradeTLS` it may be told of already.
    if (!this.closed) this.socket ??= socket;
    const handler = this.#handler;
    const task = this.#task;
    if (handler === null || task === null) return;
    const code = (error as { code?: string } | null)?.code ?? null;
    // Where a client's server has another's certificate, or none that is trusted, Bun says that the handshake failed, and goes on.
    const isDisliked = !task.isServer && code !== null && (code === wrongName || isVerifyError(code));
    if (!isDone && !isDisliked) return this.#break(error?.message ?? "no handshake", reasonOf(error));
    this.pause();
    this.#handler = null;
    const isAsked = task.isServer ? task.context.options.verify !== "none" : true;
    // The name is looked at later, with the one that counts: Bun looks at it once the chain is trusted.
    const isTrusted = socket.authorized || (!task.isServer && code === wrongName);
    handler.handshaken(this, isAsked && !isTrusted ? (code ?? "UNSPECIFIED") : null);
  }

  onOpen(socket: TlsSocket): void {
    const task = this.#task;
    if (task !== null && !task.isServer && task.session !== null) socket.setSession(task.session);
  }

  /** One that comes before the peer is accepted has yet to be worth keeping. */
  onSession(session: Buffer): void {
    if (this.#facts === null) this.#early = session;
    else this.#keep?.(session);
  }

  override onClosed(error: Error | undefined): void {
    super.onClosed(error);
    this.#break(error?.message ?? "closed during the handshake", null);
  }

  #break(message: string, reason: string | null): void {
    const handler = this.#handler;
    if (handler === null) return;
    const facts =
      this.socket === null
        ? null
        : { protocol: this.protocol, cipher: this.cipher, alpn: null, isResumed: false, peer: null };
    this.#handler = null;
    this.terminate();
    handler.broken(message, reason, facts);
  }

  get tls(): TlsFacts {
    return this.#facts as TlsFacts;
  }

  accept(facts: TlsFacts): TlsConnection {
    this.#facts = facts;
    if (this.#early !== null) this.#keep?.(this.#early);
    this.#early = this.#task = null;
    return this;
  }

  refuse(): void {
    this.close();
  }

  abandon(): void {
    this.#handler = null;
    this.reset();
  }

  get #tls(): TlsSocket | null {
    return this.socket as TlsSocket | null;
  }

  get protocol(): string | null {
    return this.#tls?.getTLSVersion() ?? null;
  }

  get cipher(): string | null {
    return this.#tls?.getCipher()?.name ?? null;
  }

  get alpn(): string | null {
    return this.#tls?.alpnProtocol || null;
  }

  get isResumed(): boolean {
    return this.#tls?.isSessionReused() ?? false;
  }

  get peer(): RawCertificate | null {
    const certificate = (this.#tls?.getPeerCertificate(false) ?? null) as RawCertificate | null;
    return certificate?.raw === undefined ? null : certificate;
  }
}

function tlsOptions(task: HandshakeTask): object {
  const secureContext = (task.context.secure as unknown as { readonly context: object }).context;
  if (task.isServer) {
    const { verify, forgiven } = task.context.options;
    const isForgiving = forgiven.ca.length > 0 || forgiven.certificate.length > 0;
    return {
      secureContext,
      requestCert: verify !== "none",
      // Bun alerts who shows none, but it also ends whose fault would be forgiven.
      rejectUnauthorized: verify === "required" && !isForgiving,
      ALPNProtocols: task.alpn === null ? undefined : alpnBytes([task.alpn]),
    };
  }
  return {
    secureContext,
    requestCert: true,
    // It is decided by what Bun says of it, which is the same either way.
    rejectUnauthorized: false,
    ALPNProtocols: task.alpn.length === 0 ? undefined : alpnBytes(task.alpn),
    serverName: task.serverName ?? "",
    servername: task.serverName ?? "",
  };
}

/** "NO_SHARED_CIPHER" of "error:100000b8:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER". */
function reasonOf(error: Error | null): string | null {
  const text = error?.message ?? "";
  return text.startsWith("error:") ? text.slice(text.lastIndexOf(":") + 1) : null;
}

/** Bun's, for its own sockets and, where libc can be called, for connections that have a descriptor to give. */
export function bunEngine(calls: SocketCalls | null): Engine {
  return {
    name: "bun",
    takes: (plain) =>
      plain instanceof BunConnection
        ? plain.rest === null
        : calls !== null && plain.detach !== undefined && plain.fd >= 0 && plain.mayDetach?.() !== false,
    begin(plain, task, handler) {
      const handshake = new BunHandshake(calls, plain, task, handler);
      const socket = plain instanceof BunConnection ? plain.surrender() : null;
      const fd = socket !== null ? -1 : plain instanceof EpollConnection ? plain.surrender() : (plain.detach?.() ?? -1);
      if (socket !== null) handshake.beginOver(socket);
      else if (fd >= 0) handshake.beginOn(fd);
      else queueMicrotask(() => handler.broken("the connection is lost", null, null));
      return handshake;
    },
  };
}
