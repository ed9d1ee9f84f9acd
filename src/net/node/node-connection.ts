/** One connected node:net socket: paused from birth, its bytes held until the proxy has decided. */
import type { Socket } from "node:net";
import { BaseConnection } from "../base-connection.ts";
import { noBytes } from "../buffers.ts";
import type { Connection } from "../transport.ts";
import { plainHost, type SocketAddress } from "../../address.ts";

/** How much is read ahead to hear of a reset. */
const aheadBytes = 64 * 1024;

/**
 * The Connection of Node and Deno.
 *
 * While somebody listens for a loss it is read ahead a little, because a socket that is not read hears of no reset.
 */
export class NodeConnection extends BaseConnection implements Connection {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** Node gives each chunk a buffer of its own. */
  readonly givesAway = true;
  mayKeep = false;
  /** Something sent was not taken at once. */
  isFull = false;
  /** FIN was sent, or is on its way. */
  #isShut = false;
  /** After each write: one function for all of them. */
  readonly #sent = (): void => this.#onSent();

  /** Pauses the socket. The addresses are given where the socket itself does not say them. */
  constructor(
    readonly socket: Socket,
    remote: SocketAddress | null,
    local: SocketAddress | null,
  ) {
    super();
    socket.pause();
    this.remote = remote ?? tcpAddress(socket.remoteAddress, socket.remotePort);
    this.local = local ?? tcpAddress(socket.localAddress, socket.localPort);
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.on("end", () => this.#onEnd());
    socket.on("error", (error: NodeJS.ErrnoException) => (this.lostCode ??= error.code ?? "ECONNRESET"));
    socket.on("close", () => this.#onClosed());
  }

  /** Node does not tell descriptors. */
  get fd(): number {
    return -1;
  }

  override get onLost(): ((code: string) => void) | null {
    return super.onLost;
  }

  override set onLost(listener: ((code: string) => void) | null) {
    super.onLost = listener;
    if (this.owner === null && !this.isLeaving) this.unwant();
  }

  protected want(): void {
    this.socket.resume();
  }

  /** While nobody peeks. */
  protected unwant(): void {
    if (this.isAwaited) return;
    if (this.onLost !== null && this.held.length < aheadBytes) this.socket.resume();
    else this.socket.pause();
  }

  send(buffer: Uint8Array, length: number): boolean {
    if (this.closed || this.#isShut || this.socket.destroyed) return false;
    const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
    // The socket keeps what the kernel does not take at once.
    this.socket.write(this.mayKeep ? bytes : bytes.slice(), this.#sent);
    // Node writes at once where it can; Deno never does.
    if (this.socket.writableLength > 0) this.isFull = true;
    return !this.isFull;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  readOn(): void {
    this.socket.resume();
  }

  shutdown(): void {
    if (this.#isShut || this.closed) return;
    this.#isShut = true;
    this.socket.end();
  }

  hangUp(): void {
    const { socket } = this;
    // Deno sometimes keeps a socket open that is destroyed while its FIN is on the way.
    if (this.#isShut && !socket.writableFinished) socket.once("finish", () => socket.destroy());
    else socket.destroy();
  }

  terminate(): void {
    if (this.socket.destroyed) return;
    // libuv refuses to reset after a FIN: that peer has all there is; nor can a unix socket be reset.
    if (this.#isShut || this.remote.kind !== "tcp") this.socket.destroy();
    else this.socket.resetAndDestroy();
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
    const isAll = this.socket.writableLength === 0;
    if (isAll) this.isFull = false;
    this.owner?.drained(this, isAll);
  }

  #onEnd(): void {
    if (this.#isShut || this.isLeaving || this.remote.kind !== "tcp") this.#believeEnd();
    else {
      // libuv takes a reset for a clean end where bytes were left to read before it; a write, even of nothing, tells them apart.
      this.socket.write(noBytes, (error) => {
        if (!error) this.#believeEnd();
      });
    }
  }

  #believeEnd(): void {
    this.ended = true;
    if (this.owner !== null) this.owner.end(this);
    else this.answer("end");
  }

  #onClosed(): void {
    this.closed = true;
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    if (this.lostCode === null) this.ended = true;
    if (this.owner !== null) return this.owner.closed(this, this.lostCode);
    if (this.isLeaving) return;
    this.answer(this.lostCode === null ? "end" : "lost");
    this.tellLost();
  }

  /** FIN after what was written; then the peer's bytes are read and dropped only if it is to read a last text. */
  protected finish(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    if (!this.isLingering) {
      socket.write(noBytes, () => socket.destroy());
      return;
    }
    socket.once("end", () => socket.destroy());
    socket.resume();
    this.shutdown();
  }

  protected override giveUp(): void {
    if (this.socket.writableLength > 0) {
      this.#isShut = false;
      this.terminate();
    } else this.socket.destroy();
  }
}

function tcpAddress(host: string | undefined, port: number | undefined): SocketAddress {
  return { kind: "tcp", host: plainHost(host ?? ""), port: port ?? 0 };
}
