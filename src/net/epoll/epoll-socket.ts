/** One connected socket of the epoll transport: where it is, what it sends, and how it ends. */
import type { EpollContext } from "./epoll-context.ts";
import type { Watched } from "./turn/places.ts";
import type { TurnEntrant } from "./turn/turn-calls.ts";
import { BaseConnection, noAddress } from "../base-connection.ts";
import { LastTcpInfo } from "./last-tcp-info.ts";
import { Outbox, type Sending } from "./outbox.ts";
import { hideEnd, setMark, setTos } from "./socket-options.ts";
import type { SocketAddress } from "../../address.ts";
import type { TcpInfo } from "../../tcp-info.ts";

/** The half of a connection that owns the descriptor; `EpollConnection` is the one that reads it. */
export abstract class EpollSocket extends BaseConnection implements Sending, Watched, TurnEntrant {
  readonly out: Outbox;
  #fd: number;
  /** In the loop; -1: not there. */
  #place = -1;
  #local: SocketAddress | null;
  #isShut = false;
  /** Why it is lost: told behind what there is to be read, and never at once, for whoever sends must not be called back. */
  protected failure: number | null = null;
  protected info: LastTcpInfo | null = null;

  /** Owns `fd` from here on. `local` null: the socket is asked for it. `enter` follows. */
  constructor(
    readonly context: EpollContext,
    fd: number,
    readonly remote: SocketAddress,
    local: SocketAddress | null,
  ) {
    super();
    this.#fd = fd;
    this.out = new Outbox(this);
    this.#local = local;
  }

  /** It hears of its descriptor from now on. `place`: where the loop has that already; -1: nowhere. */
  protected enter(place: number): void {
    const { loop } = this.context;
    if (place >= 0) loop.hand(place, this);
    this.#place = place >= 0 ? place : loop.registerSoon(this.#fd, this);
    if (this.#place < 0) this.failLater(-this.#place);
  }

  abstract ready(events: number): void;
  abstract failLater(errno: number): void;
  /** The descriptor is about to be another's, or nobody's any more (`isClosed`). */
  protected abstract stopReading(isClosed: boolean): void;

  /** TurnEntrant. */
  unwatched(errno: number): void {
    this.context.loop.forget(this.#place);
    this.#place = -1;
    this.failLater(errno);
  }

  get fd(): number {
    return this.#fd;
  }

  get local(): SocketAddress {
    if (this.#local === null && !this.closed) this.#local = this.context.calls.localAddress(this.#fd);
    return this.#local ?? noAddress;
  }

  get isFull(): boolean {
    return this.out.isFull;
  }

  get isTcp(): boolean {
    return this.remote.kind === "tcp";
  }

  send(buffer: Uint8Array, length: number, endFollows = false): boolean {
    return !this.closed && this.failure === null && this.out.send(buffer, length, endFollows);
  }

  sendNow(): boolean {
    return this.closed || this.out.sendNow();
  }

  hasUnsent(): boolean {
    if (this.closed || this.failure !== null) return false;
    this.out.sendWaiting();
    return this.isFull || this.context.calls.unsent(this.#fd) > 0;
  }

  setMark(mark: number): void {
    setMark(this.context.calls, this.#fd, mark);
  }

  setTos(tos: number): void {
    setTos(this.context.calls, this.#fd, tos);
  }

  get tcpInfo(): (() => TcpInfo | null) | undefined {
    if (this.remote.kind !== "tcp") return undefined;
    return () => (this.info ??= new LastTcpInfo(this.context.calls, () => this.#fd)).ask();
  }

  /** Gives the descriptor away, without a word on the wire; -1 when the connection is lost. */
  detach(): number {
    this.#local = this.local;
    return this.surrender();
  }

  /** The same for whoever can ask the descriptor itself for its address. */
  surrender(): number {
    if (this.closed) return -1;
    this.out.sendWaiting();
    this.out.hurry();
    this.info?.leave();
    this.stopReading(false);
    const fd = this.#fd;
    if (this.#place >= 0) this.context.loop.release(this.#place, fd);
    this.#place = this.#fd = -1;
    this.closed = this.isLeaving = true;
    return fd;
  }

  shutdown(): void {
    if (this.#isShut || this.closed) return;
    this.#isShut = true;
    if (this.info !== null) this.#askLast(this.info);
    this.out.end();
  }

  /** What there is to know of all that has been sent. */
  #askLast(info: LastTcpInfo): void {
    this.out.sendWaiting();
    info.ask();
  }

  drop(): void {
    this.out.sendWaiting();
    if (this.closed || !hideEnd(this.context.calls, this.#fd)) return this.reset();
    this.isLeaving = true;
    this.answer("lost");
    this.release();
  }

  hangUp(): void {
    this.out.sendWaiting();
    // What was not taken is lost, and must not look like a clean end.
    if (this.isFull) this.terminate();
    else this.release();
  }

  terminate(): void {
    if (this.closed) return;
    this.context.calls.setNoLinger(this.#fd);
    this.release();
  }

  /** The descriptor is closed, and its number may be another's. */
  protected release(): void {
    if (this.closed) return;
    this.out.sendWaiting();
    this.closed = true;
    this.info?.leave();
    this.stopReading(true);
    this.out.clear();
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    if (this.#place >= 0) this.context.loop.forget(this.#place);
    this.context.loop.ends.close(this.#fd);
    this.#fd = this.#place = -1;
  }
}
