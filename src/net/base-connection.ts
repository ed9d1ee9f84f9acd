/** What is the same of every runtime's connections while the proxy holds them: bytes that are looked at, a loss that is told, and leaving. */
import { appended, noBytes } from "./buffers.ts";
import type { Peeked, PeekHandler, StreamOwner } from "./transport.ts";
import type { SocketAddress } from "../address.ts";

/** How long `close` waits for a peer that does not take the last bytes. */
const flushMs = 10_000;

/** The own end of a socket that was gone before anybody asked. */
export const noAddress: SocketAddress = { kind: "unix", path: "" };

interface Waiter {
  readonly atLeast: number;
  readonly limit: number;
  readonly handler: PeekHandler;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

/** The part of a Connection that needs no socket. */
export abstract class BaseConnection {
  /** A relay, which hears of everything from then on. */
  owner: StreamOwner | null = null;
  /** Received and not yet consumed. */
  held: Uint8Array = noBytes;
  /** The peer sent FIN. */
  ended = false;
  /** The socket is gone. */
  closed = false;
  /** Why the socket is gone; null after a clean end. */
  lostCode: string | null = null;
  /** Given up by the proxy: what comes is dropped, and nobody is told of anything. */
  protected isLeaving = false;
  /** Of one that leaves: the peer is to read a last text, and its own end is waited for. */
  protected isLingering = false;
  /** Of one that leaves: when its peer has had its time. */
  protected leaveTimer: ReturnType<typeof setTimeout> | null = null;
  #waiter: Waiter | null = null;
  #onLost: ((code: string) => void) | null = null;

  /** Bytes are wanted from now on. */
  protected abstract want(): void;
  /** Nobody waits for bytes any more. */
  protected abstract unwant(): void;
  /** Called once, when the proxy has given it up: FIN as soon as nothing waits to be sent. */
  protected abstract finish(): void;

  abstract readonly isFull: boolean;
  abstract send(buffer: Uint8Array, length: number): boolean;
  abstract hangUp(): void;
  abstract terminate(): void;

  write(bytes: Uint8Array): void {
    this.send(bytes, bytes.length);
  }

  close(): void {
    this.#leave(null, flushMs);
  }

  closeWith(bytes: Uint8Array, lingerMs: number): void {
    this.#leave(bytes, lingerMs);
  }

  reset(): void {
    this.isLeaving = true;
    this.answer("lost");
    this.terminate();
  }

  #leave(last: Uint8Array | null, limitMs: number): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.isLingering = last !== null;
    this.answer("lost");
    if (last !== null) this.write(last);
    if (!this.closed) this.finish();
    if (!this.closed) this.leaveTimer ??= setTimeout(() => this.giveUp(), limitMs);
  }

  /** The peer took its time: what it did not take is lost, so it must not look like a clean end. */
  protected giveUp(): void {
    if (this.isFull) this.terminate();
    else this.hangUp();
  }

  get onLost(): ((code: string) => void) | null {
    return this.#onLost;
  }

  /** A loss that came before anybody listened is told to the first who does. */
  set onLost(listener: ((code: string) => void) | null) {
    this.#onLost = listener;
    if (listener !== null && this.lostCode !== null) queueMicrotask(() => this.tellLost());
  }

  peek(atLeast: number, limit: number, deadlineMs: number): Promise<Peeked> {
    return new Promise((peeked) => this.whenPeeked(atLeast, limit, deadlineMs, { peeked }));
  }

  whenPeeked(atLeast: number, limit: number, deadlineMs: number, handler: PeekHandler): void {
    const wanted = Math.min(atLeast, limit);
    if (this.held.length >= wanted || this.ended || this.closed) return tell(handler, this.#peeked(limit, "open"));
    // Whoever waited before has been given up: a relay was in between.
    this.#stopWaiting();
    const timer = deadlineMs > 0 ? setTimeout(() => this.answer("timeout"), deadlineMs) : null;
    this.#waiter = { atLeast: wanted, limit, handler, timer };
    this.want();
  }

  #stopWaiting(): void {
    const timer = this.#waiter?.timer ?? null;
    if (timer !== null) clearTimeout(timer);
    this.#waiter = null;
  }

  unread(limit: number): number {
    return Math.min(limit, this.held.length);
  }

  consume(count: number): void {
    // An empty view would keep its buffer.
    this.held = count < this.held.length ? this.held.subarray(count) : noBytes;
  }

  /** Whether somebody peeks. */
  protected get isAwaited(): boolean {
    return this.#waiter !== null;
  }

  /** How many bytes more the one who peeks would look at. */
  protected get room(): number {
    return this.#waiter === null ? 0 : this.#waiter.limit - this.held.length;
  }

  /** Keeps bytes, which are the connection's own from now on, and tells whoever has waited for so many. */
  protected hold(bytes: Uint8Array): void {
    this.held = this.held.length === 0 ? bytes : appended(this.held, bytes);
    const waiter = this.#waiter;
    if (waiter === null) this.unwant();
    else if (this.held.length >= waiter.atLeast) this.answer("open");
  }

  /** Ends the waiting of whoever peeks. */
  protected answer(state: Peeked["state"]): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#stopWaiting();
    // Somebody else may have it meanwhile, who reads for himself.
    if (this.owner === null) this.unwant();
    const peeked = this.#peeked(waiter.limit, state);
    tell(waiter.handler, state === "lost" ? { bytes: peeked.bytes, state } : peeked);
  }

  #peeked(limit: number, state: Peeked["state"]): Peeked {
    const bytes = this.held.length > limit ? this.held.subarray(0, limit) : this.held;
    if (this.lostCode !== null) return { bytes, state: "lost" };
    return { bytes, state: this.ended ? "end" : state };
  }

  protected tellLost(): void {
    const listener = this.#onLost;
    if (listener === null || this.lostCode === null || this.owner !== null || this.isLeaving) return;
    this.#onLost = null;
    listener(this.lostCode);
  }
}

/** Not at once: whoever hears of bytes may close the connection, which is in the midst of reading them. */
function tell(handler: PeekHandler, peeked: Peeked): void {
  queueMicrotask(() => handler.peeked(peeked));
}
