/** One stream of TLS that Bun makes of a descriptor: paused from birth, through the handshake and after. */
import type { Socket } from "bun";
import { BaseConnection, noAddress } from "../base-connection.ts";
import { joined } from "../buffers.ts";
import { LastTcpInfo } from "../epoll/last-tcp-info.ts";
import { hideEnd, setMark, setTos } from "../epoll/socket-options.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";
import type { SocketAddress } from "../../address.ts";
import type { TcpInfo } from "../../tcp-info.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { TlsConnection } from "./secure.ts";

/** How long `close` reads what nobody wants. */
const discardMs = 100;

/** A peer that has just sent so many bytes goes on sending. */
const streamBytes = 16 * 1024;

/** A TlsConnection whose bytes Bun reads, writes and ciphers. A relay takes it over by setting `owner`. */
export abstract class BunTlsConnection extends BaseConnection implements TlsConnection {
  abstract readonly tls: TlsFacts;
  /** Bun gives each chunk a buffer of its own. */
  readonly givesAway = true;
  protected socket: Socket<unknown> | null = null;
  /** To be sent: the socket did not take it. */
  #rest: Uint8Array | null = null;
  /** Came while nobody wanted it: Bun deciphers all that it has read at once. */
  #late: Uint8Array | null = null;
  /** The end, or the loss, that is behind it. */
  #isEndLate = false;
  #isWanted = false;
  /** Bun reads no more. */
  #isPaused = false;
  #lastBytes = 0;
  #isShut = false;
  #isCatchingUp = false;
  #info: LastTcpInfo | null = null;
  #local: SocketAddress | null;
  /** What came is not what the peer can have said. */
  #isFaulty = false;

  /** `local` null: the descriptor is asked for it. */
  constructor(
    protected readonly calls: SocketCalls | null,
    readonly remote: SocketAddress,
    local: SocketAddress | null,
  ) {
    super();
    this.#local = local;
  }

  get local(): SocketAddress {
    if (this.#local === null && this.fd >= 0) this.#local = this.calls?.localAddress(this.fd) ?? null;
    return this.#local ?? noAddress;
  }

  get fd(): number {
    return this.closed || this.socket === null ? -1 : (this.socket as unknown as { fd: number }).fd;
  }

  get isFull(): boolean {
    return this.#rest !== null;
  }

  send(buffer: Uint8Array, length: number): boolean {
    if (this.closed || this.#isShut) return false;
    const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
    if (this.#rest !== null) {
      this.#rest = joined(this.#rest, bytes);
      return false;
    }
    const taken = this.socket?.write(bytes) ?? -1;
    if (taken === bytes.length) return true;
    // -1: the socket is going away, and its close event will say how. A copy, so that the chunk it was part of can go.
    this.#rest = bytes.slice(Math.max(0, taken));
    return false;
  }

  hasUnsent(): boolean {
    return !this.closed && (this.isFull || (this.calls?.unsent(this.fd) ?? 0) > 0);
  }

  get setMark(): ((mark: number) => void) | undefined {
    const { calls } = this;
    return calls === null ? undefined : (mark) => setMark(calls, this.fd, mark);
  }

  get setTos(): ((tos: number) => void) | undefined {
    const { calls } = this;
    return calls === null ? undefined : (tos) => setTos(calls, this.fd, tos);
  }

  get tcpInfo(): (() => TcpInfo | null) | undefined {
    const { calls } = this;
    if (calls === null || this.remote.kind !== "tcp") return undefined;
    return () => (this.#info ??= new LastTcpInfo(calls, () => this.fd)).ask();
  }

  get drop(): (() => void) | undefined {
    return this.calls === null ? undefined : () => this.#drop(this.calls as SocketCalls);
  }

  #drop(calls: SocketCalls): void {
    if (this.closed || !hideEnd(calls, this.fd)) return this.reset();
    this.isLeaving = true;
    this.answer("lost");
    this.#close();
  }

  protected want(): void {
    this.resume();
  }

  protected unwant(): void {
    this.pause();
  }

  /**
   * Bun's own pause and resume cost four calls of the kernel and a turn more: one that asks and waits for its answer is paused only when
   * something comes though nobody wants it, which is kept.
   */
  pause(): void {
    this.#isWanted = false;
    if (this.#lastBytes >= streamBytes) this.#stop();
  }

  #stop(): void {
    if (this.#isPaused || this.closed) return;
    this.#isPaused = true;
    this.socket?.pause();
  }

  resume(): void {
    this.#isWanted = true;
    if (this.#late === null && !this.#isEndLate) return this.#goOn();
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    setImmediate(() => {
      this.#isCatchingUp = false;
      this.#catchUp();
    });
  }

  readOn(): void {
    this.#isWanted = true;
    this.#catchUp();
  }

  /** Gives what came late, as far as it is wanted; then what comes. */
  #catchUp(): void {
    const late = this.#late;
    if (late !== null && this.#isWanted) {
      this.#late = null;
      this.#give(late);
    }
    if (!this.#isWanted || this.#late !== null) return;
    if (this.#isEndLate) {
      this.#isEndLate = false;
      this.#tellEnd();
      if (this.closed) this.#tellClosed();
    }
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#isPaused || this.closed || !this.#isWanted) return;
    this.#isPaused = false;
    this.socket?.resume();
  }

  /** close_notify, and FIN behind it. */
  shutdown(): void {
    if (this.#isShut || this.closed) return;
    this.#isShut = true;
    this.#info?.ask();
    this.socket?.shutdown();
  }

  /** What is said last is the close_notify. */
  hangUp(): void {
    if (this.closed) return;
    this.shutdown();
    this.#close();
  }

  terminate(): void {
    this.#rest = this.#late = null;
    if (this.closed) return;
    this.#info?.leave();
    this.socket?.terminate();
  }

  #close(): void {
    if (this.closed) return;
    this.#info?.leave();
    this.socket?.close();
  }

  onData(bytes: Uint8Array): void {
    if (this.isLeaving) return;
    this.#lastBytes = bytes.length;
    if (!this.#isWanted) this.#stop();
    if (this.#late !== null) this.#late = joined(this.#late, bytes);
    else if (this.owner !== null && !this.#isWanted) this.#late = bytes;
    else this.#give(bytes);
  }

  #give(bytes: Uint8Array): void {
    if (this.owner === null) return this.hold(bytes);
    this.owner.data(this, bytes, bytes.length);
  }

  onDrain(): void {
    if (this.#rest === null || this.closed) return;
    const taken = Math.max(0, this.socket?.write(this.#rest) ?? 0);
    this.#rest = taken < this.#rest.length ? this.#rest.subarray(taken) : null;
    if (this.owner !== null) {
      if (taken > 0) this.owner.drained(this, this.#rest === null);
    } else if (this.isLeaving) this.finish();
  }

  /** What came is no TLS, or was altered on the way: Bun tells so before it closes the socket as if all were well. */
  onFault(): void {
    this.#isFaulty = true;
  }

  /** The peer's close_notify, or its FIN. */
  onEnd(): void {
    if (this.#isFaulty) return;
    if (this.#late !== null || !(this.#isWanted || this.isLeaving)) this.#isEndLate = true;
    else this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.ended || this.lostCode !== null) return;
    this.ended = true;
    this.#info?.ask();
    if (this.owner !== null) return this.owner.end(this);
    if (!this.isLeaving) this.answer("end");
    else if (this.isLingering) this.#close();
  }

  onClosed(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.socket = null;
    this.#rest = null;
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    const told = error === undefined ? null : ((error as { code?: string }).code ?? "ECONNRESET");
    const code = this.#isFaulty ? "EPROTO" : told;
    this.lostCode = code;
    if (this.#late === null || this.isLeaving) return this.#tellClosed();
    if (code === null) this.#isEndLate = true;
    else if (this.owner?.hearsOut !== true) this.#tellClosed();
    else this.#isEndLate = true;
  }

  #tellClosed(): void {
    const code = this.lostCode;
    this.#late = null;
    this.#isEndLate = false;
    // After a FIN of ours Bun does not tell the peer's FIN by `end`, but closes.
    if (code === null) this.ended = true;
    if (this.owner !== null) return this.owner.closed(this, code);
    if (this.isLeaving) return;
    this.answer(code === null ? "end" : "lost");
    this.tellLost();
  }

  /** Reads on for a moment after its end: close(2) would answer what has come and nobody wants with RST, and the last bytes sent could be lost. */
  protected finish(): void {
    if (this.#rest !== null) return;
    this.shutdown();
    if (this.closed) return;
    this.resume();
    if (this.isLingering) {
      if (this.ended) this.#close();
      return;
    }
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    this.leaveTimer = setTimeout(() => this.hangUp(), discardMs);
  }
}
