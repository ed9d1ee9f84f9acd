/** What a connection of the epoll transport sends, and what of it has yet to go. */
import { joined } from "../buffers.ts";
import { EAGAIN } from "../libc/errno.ts";
import { IPPROTO_TCP, TCP_NODELAY, TCP_NOTSENT_LOWAT } from "../libc/socket-calls.ts";
import { bulkBytes } from "../relay/promotion.ts";
import type { EpollContext } from "./epoll-context.ts";
import { countKept } from "./read-buffer.ts";
import type { TurnSender } from "./turn/turn-sends.ts";

/** What a bulk connection's kernel buffer may hold unsent; without it one that does not read costs megabytes. */
const unsentBytes = 512 * 1024;

/** Whose bytes go. */
export interface Sending {
  readonly context: EpollContext;
  readonly fd: number;
  readonly isTcp: boolean;
  /** Sending failed; told later, for whoever sends must not be called back. */
  failLater(errno: number): void;
}

/** Small sends wait for the end of the loop's turn, and their FIN with them; whatever else is to happen behind them calls `sendWaiting` first. */
export class Outbox implements TurnSender {
  readonly #sending: Sending;
  /** To be sent: the kernel did not take it. */
  #rest: Uint8Array | null = null;
  /** Where bytes wait for the turn's end; -1: nowhere. */
  #waiting = -1;
  /** Whoever sent has been told that not all was taken. */
  #isToldFull = false;
  #hasSent = false;
  /** FIN goes behind what waits and what is left. */
  isEnding = false;
  /** TCP_NODELAY is set. The first bytes go out without: there is nothing yet that they could have to wait for. */
  isPrompt = true;
  /** What its kernel buffer holds unsent is bounded: as configured, or because it is sent more than small messages. */
  isBounded = false;

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  get fd(): number {
    return this.#sending.fd;
  }

  /** Bytes wait for the kernel to have room. */
  get isFull(): boolean {
    return this.#rest !== null;
  }

  /** As Stream.send. */
  send(buffer: Uint8Array, length: number, endFollows: boolean): boolean {
    if (this.#rest !== null) return this.#keepRest(joined(this.#rest, buffer.subarray(0, length)));
    if (this.#hasSent) this.hurry();
    this.#hasSent = true;
    const { calls, loop } = this.#sending.context;
    const { fd } = this;
    if (!this.isBounded && length >= bulkBytes) {
      this.isBounded = true;
      if (this.#sending.isTcp) calls.setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsentBytes);
    }
    const place = loop.ends.sends.add(this, this.#waiting, buffer, length);
    if (place >= 0) {
      this.#waiting = place;
      return true;
    }
    this.sendWaiting();
    if (this.isFull) return this.send(buffer, length, endFollows);
    const taken = endFollows ? calls.sendMore(fd, buffer, length) : calls.send(fd, buffer, length);
    if (taken === length) return true;
    if (taken < 0 && taken !== -EAGAIN) this.#sending.failLater(-taken);
    return this.#keepRest(buffer.slice(Math.max(0, taken), length));
  }

  /** Keeps what is to be sent once there is room, of which its sender hears. */
  #keepRest(rest: Uint8Array): false {
    this.#keep(rest);
    this.#isToldFull = true;
    return false;
  }

  #keep(rest: Uint8Array | null): void {
    countKept((rest?.buffer.byteLength ?? 0) - (this.#rest?.buffer.byteLength ?? 0));
    this.#rest = rest;
  }

  /** As Stream.sendNow. */
  sendNow(): boolean {
    this.sendWaiting();
    if (this.#rest === null) return true;
    this.#isToldFull = true;
    return false;
  }

  /** Sends what waits for the turn's end. */
  sendWaiting(): void {
    if (this.#waiting >= 0) this.#sending.context.loop.ends.sends.send(this.#waiting);
  }

  /** FIN, behind all that has been sent: at once where none of it waits. */
  end(): void {
    this.isEnding = true;
    if (this.#waiting < 0) this.#endOnceSent();
  }

  #endOnceSent(): void {
    if (this.isEnding && this.#rest === null) this.#sending.context.calls.shutdownWrite(this.fd);
  }

  /** TurnSender. Whoever sent knows of no rest, and hears nothing once that has gone. */
  sent(rest: Uint8Array | null, errno: number): void {
    this.#waiting = -1;
    if (rest === null) return this.#endOnceSent();
    if (errno !== 0 && errno !== EAGAIN) this.#sending.failLater(errno);
    this.#keep(rest);
  }

  /** There is room again. True: whoever sent is to hear of it. Negative errno: it failed. */
  drain(): boolean | number {
    this.hurry();
    const rest = this.#rest as Uint8Array;
    const taken = this.#sending.context.calls.send(this.fd, rest);
    if (taken < 0) return taken === -EAGAIN ? false : taken;
    this.#keep(taken < rest.length ? rest.subarray(taken) : null);
    this.#endOnceSent();
    const isHeard = this.#isToldFull;
    this.#isToldFull &&= this.isFull;
    return isHeard;
  }

  /** TCP_NODELAY from now on. */
  hurry(): void {
    if (this.isPrompt) return;
    this.isPrompt = true;
    this.#sending.context.calls.setOption(this.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  /** Forgets what is left, for the descriptor is about to be closed. */
  clear(): void {
    this.#keep(null);
  }
}
