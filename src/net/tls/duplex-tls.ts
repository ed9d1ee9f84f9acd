/** TLS by `node:tls` over a connection of any transport: by public interfaces alone, for every runtime. */
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { Connection } from "../transport.ts";
import { BaseConnection } from "../base-connection.ts";
import type { SocketAddress } from "../../address.ts";
import type { TcpInfo } from "../../tcp-info.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { Engine, Handshake, HandshakeHandler, Handshaken, HandshakeTask, RawCertificate } from "./engine.ts";
import { PlainDuplex } from "./plain-duplex.ts";
import type { TlsConnection } from "./secure.ts";

/** The handshake and, once it is accepted, the connection. */
class DuplexTlsConnection extends BaseConnection implements TlsConnection, Handshake, Handshaken {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  readonly givesAway = true;
  mayKeep = false;
  isFull = false;
  readonly #plain: Connection;
  readonly #duplex: PlainDuplex;
  /** Null: the handshake is under way, and who makes it has the socket still. */
  #made: tls.TLSSocket | null = null;
  readonly #task: HandshakeTask;
  #handler: HandshakeHandler | null;
  #facts: TlsFacts | null = null;
  #isShut = false;
  #early: Buffer | null = null;
  readonly #sent = (): void => this.#onSent();

  constructor(plain: Connection, task: HandshakeTask, handler: HandshakeHandler) {
    super();
    this.remote = plain.remote;
    this.local = plain.local;
    this.#plain = plain;
    this.#task = task;
    this.#handler = handler;
    this.#duplex = new PlainDuplex(plain);
    this.#duplex.on("error", (error) => this.#onError(error));
    this.#duplex.once("close", () => this.#onDuplexClosed());
    // Of a peer that finishes in the midst of a handshake Bun waits for more.
    this.#duplex.once("end", () => {
      if (this.#handler !== null) setImmediate(() => this.#endEarly());
    });
    this.#begin(task);
  }

  #begin(task: HandshakeTask): void {
    const verifying = task.isServer ? task.context.verifying : null;
    if (!task.isServer || verifying === null) {
      const socket = (this.#made = socketOf(this.#duplex, task));
      socket.once(task.isServer ? "secure" : "secureConnect", () => this.#onHandshake());
      return this.#listen(socket);
    }
    verifying.begin(this.#duplex, task.alpn, {
      secured: (socket) => {
        this.#made = socket;
        this.#listen(socket);
        if (this.#handler === null) this.terminate();
        else this.#onHandshake();
      },
      failed: (error, socket) => {
        this.#made = socket;
        this.#listen(socket);
        this.#onError(error);
      },
    });
  }

  /** Known once a handshake is over. */
  get #socket(): tls.TLSSocket {
    return this.#made as tls.TLSSocket;
  }

  #listen(socket: tls.TLSSocket): void {
    const fail = (error: Error): void => this.#onError(error);
    // What fails before the handshake is over Node tells of a server by the second alone.
    socket.on("error", fail);
    socket.on("_tlsError", fail);
    socket.on("close", () => this.#onClosed());
    if (this.#task.isServer) return;
    const { keep } = this.#task;
    socket.on("session", (session: Buffer) => {
      // One that comes before the peer is accepted has yet to be worth keeping.
      if (this.#facts === null) this.#early = session;
      else keep(session);
    });
  }

  /** Of a socket that nobody has given us there is nothing else to hear. */
  #onDuplexClosed(): void {
    if (this.#made === null) this.#onClosed();
  }

  #onHandshake(): void {
    const handler = this.#handler;
    if (handler === null) return;
    this.#handler = null;
    const socket = this.#socket;
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.on("end", () => this.#onEnd());
    socket.pause();
    const isAsked = this.#task.isServer ? this.#task.context.options.verify !== "none" : true;
    // The name is looked at later, so an error is the certificate's; Bun gives a word, Node too, as types do not say.
    const error = socket.authorizationError as unknown as string | { code?: string } | null | undefined;
    const word = typeof error === "string" ? error : (error?.code ?? "UNSPECIFIED");
    handler.handshaken(this, isAsked && !socket.authorized ? word : null);
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.lostCode ??= error.code !== undefined && /^E[A-Z]+$/.test(error.code) ? error.code : "ECONNRESET";
    this.#break(error.message, reasonOf(error));
    this.#made?.destroy();
    if (!this.#duplex.destroyed) this.#duplex.reset();
  }

  #endEarly(): void {
    if (this.#handler === null) return;
    this.#break("closed during the handshake", null);
    this.terminate();
  }

  #break(message: string, reason: string | null): void {
    const handler = this.#handler;
    if (handler === null) return;
    this.#handler = null;
    const { protocol, cipher } = this;
    // It may come while the handshake is begun.
    queueMicrotask(() =>
      handler.broken(message, reason, { protocol, cipher, alpn: null, isResumed: false, peer: null }),
    );
  }

  get tls(): TlsFacts {
    return this.#facts as TlsFacts;
  }

  accept(facts: TlsFacts): TlsConnection {
    this.#facts = facts;
    if (this.#early !== null && !this.#task.isServer) this.#task.keep(this.#early);
    this.#early = null;
    return this;
  }

  refuse(): void {
    this.close();
  }

  abandon(): void {
    this.#handler = null;
    this.reset();
  }

  get protocol(): string | null {
    return this.#made?.getProtocol() ?? null;
  }

  get cipher(): string | null {
    return (this.#made?.getCipher() as tls.CipherNameAndProtocol | null | undefined)?.name ?? null;
  }

  get alpn(): string | null {
    return this.#socket.alpnProtocol || null;
  }

  get isResumed(): boolean {
    return this.#socket.isSessionReused();
  }

  get peer(): RawCertificate | null {
    const certificate = this.#socket.getPeerCertificate(true) as RawCertificate | null;
    return certificate?.raw === undefined ? null : certificate;
  }

  get fd(): number {
    return -1;
  }

  get tcpInfo(): (() => TcpInfo | null) | undefined {
    return this.#plain.tcpInfo;
  }

  get setMark(): ((mark: number) => void) | undefined {
    const plain = this.#plain;
    return plain.setMark === undefined ? undefined : (mark) => plain.setMark?.(mark);
  }

  get setTos(): ((tos: number) => void) | undefined {
    const plain = this.#plain;
    return plain.setTos === undefined ? undefined : (tos) => plain.setTos?.(tos);
  }

  protected want(): void {
    this.#socket.resume();
  }

  protected unwant(): void {
    this.#socket.pause();
  }

  send(buffer: Uint8Array, length: number): boolean {
    if (this.closed || this.#isShut || this.#socket.destroyed) return false;
    const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
    this.#socket.write(this.mayKeep ? bytes : bytes.slice(), this.#sent);
    if (this.#socket.writableLength > 0) this.isFull = true;
    return !this.isFull;
  }

  hasUnsent(): boolean {
    return this.isFull || this.#plain.isFull || this.#plain.hasUnsent?.() === true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  readOn(): void {
    this.#socket.resume();
  }

  shutdown(): void {
    if (this.#isShut || this.closed) return;
    this.#isShut = true;
    this.#socket.end();
  }

  hangUp(): void {
    if (this.closed) return;
    this.shutdown();
    const destroy = (): void => void this.#socket.destroy();
    if (this.#socket.writableFinished) destroy();
    else this.#socket.once("finish", destroy);
  }

  terminate(): void {
    if (this.closed) return;
    this.#duplex.reset();
    this.#made?.destroy();
  }

  #onData(bytes: Uint8Array): void {
    if (this.owner !== null) {
      this.owner.data(this, bytes, bytes.length);
      return;
    }
    if (!this.isLeaving) this.hold(bytes);
  }

  #onSent(): void {
    if (!this.isFull || this.closed) return;
    const isAll = this.#socket.writableLength === 0;
    if (isAll) this.isFull = false;
    this.owner?.drained(this, isAll);
  }

  #onEnd(): void {
    this.ended = true;
    if (this.owner !== null) this.owner.end(this);
    else if (!this.isLeaving) this.answer("end");
  }

  #onClosed(): void {
    this.#break("closed during the handshake", null);
    this.closed = true;
    if (!this.#duplex.destroyed) this.#duplex.destroy();
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    if (this.lostCode === null) this.ended = true;
    if (this.owner !== null) return this.owner.closed(this, this.lostCode);
    if (this.isLeaving) return;
    this.answer(this.lostCode === null ? "end" : "lost");
    this.tellLost();
  }

  /** FIN after what was written; then the peer's bytes are read and dropped only if it is to read a last text. */
  protected finish(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (!this.isLingering) return this.hangUp();
    socket.once("end", () => socket.destroy());
    socket.resume();
    this.shutdown();
  }

  protected override giveUp(): void {
    if (this.#socket.writableLength > 0 || this.#plain.isFull) this.terminate();
    else this.#socket.destroy();
  }
}

function socketOf(duplex: PlainDuplex, task: HandshakeTask): tls.TLSSocket {
  const secureContext = task.context.secure;
  if (task.isServer) {
    return new tls.TLSSocket(duplex as Duplex, {
      isServer: true,
      secureContext,
      requestCert: false,
      ...(task.alpn === null ? {} : { ALPNProtocols: [task.alpn] }),
    });
  }
  return tls.connect({
    socket: duplex,
    secureContext,
    rejectUnauthorized: false,
    servername: task.serverName ?? "",
    ...(task.alpn.length === 0 ? {} : { ALPNProtocols: [...task.alpn] }),
    ...(task.session === null ? {} : { session: task.session }),
    checkServerIdentity: () => undefined,
  });
}

/** "no shared cipher" is "NO_SHARED_CIPHER". */
function reasonOf(error: Error): string | null {
  const { reason } = error as { reason?: string };
  if (reason !== undefined) return reason.toUpperCase().replaceAll(" ", "_");
  const text = error.message;
  return text.startsWith("error:") ? text.slice(text.lastIndexOf(":") + 1) : null;
}

/** Every runtime's, for connections of every transport. */
export const duplexEngine: Engine = {
  name: "node",
  takes: () => true,
  begin: (plain, task, handler) => new DuplexTlsConnection(plain, task, handler),
};
