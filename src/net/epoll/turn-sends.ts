/**
 * Small sends of one turn of the loop, made together at its end, with descriptors closed and connections begun behind them. Each wakes
 * whoever waits at the other end, mostly on this machine, and leaves the processor's caches to the kernel: so many one behind the
 * other cost a seventh less than each in its place, and in one call of the kernel's, where there is one, another quarter less.
 */
import { ptr } from "bun:ffi";
import type { SendRing } from "../libc/send-ring.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";

/** What is longer goes at once: it would have to be copied. */
const longest = 4096;
/** So many wait at most: the first should not wait for all of a long turn. */
export const mostSends = 64;
const arenaBytes = mostSends * longest;
// It takes any bytes, and makes no view of them, which would cost more than the copy.
const { copy } = Buffer.prototype;

/** Whose bytes wait. */
export interface TurnSender {
  readonly fd: number;
  /** Its FIN follows at once. */
  readonly isEnding: boolean;
  /** Its bytes have been given to the kernel, but for `rest`, which are a copy. `errno`: why no more were taken; 0: there was no room. */
  sent(rest: Uint8Array | null, errno: number): void;
}

/** Whose connection is to be begun. */
export interface TurnConnector {
  /** Begins it, whatever comes of it: throws nothing, and calls nobody back before it returns. */
  connect(): void;
}

export class TurnSends {
  readonly #calls: SocketCalls;
  readonly #ring: SendRing | null;
  readonly #bytes = new Uint8Array(new ArrayBuffer(arenaBytes));
  readonly #address = ptr(this.#bytes);
  readonly #senders: (TurnSender | null)[] = Array.from({ length: mostSends }, () => null);
  readonly #starts = new Int32Array(mostSends + 1);
  /** Of those that a ring has: where each waits. */
  readonly #places = new Int32Array(mostSends);
  #count = 0;
  readonly #closing: number[] = [];
  readonly #connecting: TurnConnector[] = [];
  #isTurn = false;

  /** `ring`: of `mostSends` entries; null: each is a call of its own. */
  constructor(calls: SocketCalls, ring: SendRing | null) {
    this.#calls = calls;
    this.#ring = ring;
  }

  /** A turn begins: its small sends wait from now on. */
  begin(): void {
    this.#isTurn = true;
  }

  /** The turn is over: sends what waits. */
  end(): void {
    this.#isTurn = false;
    if (this.#count > 0) this.#sendAll();
    if (this.#closing.length > 0) this.#closeAll();
    // Last: the kernel has at hand for their sockets what those closed just now have left. A session costs some per cent less so.
    if (this.#connecting.length > 0) this.#connectAll();
  }

  /** Closes a descriptor, in a turn at its end. Nothing of its own waits any more. */
  close(fd: number): void {
    if (!this.#isTurn) return void this.#calls.close(fd);
    // They are descriptors that others could have.
    if (this.#closing.push(fd) === mostSends) this.#closeAll();
  }

  #closeAll(): void {
    for (const fd of this.#closing) this.#calls.close(fd);
    this.#closing.length = 0;
  }

  /** Begins a connection, in a turn at its end. */
  connect(one: TurnConnector): void {
    if (!this.#isTurn) return one.connect();
    if (this.#connecting.push(one) === mostSends) this.#connectAll();
  }

  #connectAll(): void {
    for (const one of this.#connecting) one.connect();
    this.#connecting.length = 0;
  }

  /**
   * Takes a copy, to be sent at the turn's end, or before that by `send`. `place`: where bytes of the same sender wait already; -1:
   * nowhere. Returns where these wait, or -1: they are to be sent at once, behind those.
   */
  add(sender: TurnSender, place: number, bytes: Uint8Array, length: number): number {
    if (!this.#isTurn || length > longest) return -1;
    if (place >= 0) return this.#append(place, bytes, length);
    if (this.#count === mostSends || (this.#starts[this.#count] as number) + length > arenaBytes) this.#sendAll();
    this.#senders[this.#count] = sender;
    this.#starts[this.#count + 1] = this.#starts[this.#count] as number;
    this.#count += 1;
    return this.#append(this.#count - 1, bytes, length);
  }

  #append(place: number, bytes: Uint8Array, length: number): number {
    const start = this.#starts[place + 1] as number;
    if (place !== this.#count - 1 || start + length > arenaBytes) return -1;
    copy.call(bytes as Buffer, this.#bytes, start, 0, length);
    this.#starts[this.#count] = start + length;
    return place;
  }

  /** Sends what waits at this place. */
  send(place: number): void {
    const sender = this.#senders[place];
    if (sender === null || sender === undefined) return;
    const start = this.#starts[place] as number;
    this.#sent(place, this.#calls.sendAt(sender.fd, this.#address + start, this.#lengthAt(place), sender.isEnding));
  }

  /** So many bytes of what waits at this place were taken, or the negative errno of none. */
  #sent(place: number, taken: number): void {
    const sender = this.#senders[place] as TurnSender;
    this.#senders[place] = null;
    const length = this.#lengthAt(place);
    if (taken === length) return sender.sent(null, 0);
    const start = this.#starts[place] as number;
    sender.sent(this.#bytes.slice(start + Math.max(0, taken), start + length), taken < 0 ? -taken : 0);
  }

  #lengthAt(place: number): number {
    return (this.#starts[place + 1] as number) - (this.#starts[place] as number);
  }

  #sendAll(): void {
    if (this.#ring !== null && this.#count > 1) this.#sendBy(this.#ring);
    // Those that a ring has left.
    for (let place = 0; place < this.#count; place++) this.send(place);
    this.#count = 0;
  }

  #sendBy(ring: SendRing): void {
    const places = this.#places;
    let count = 0;
    for (let place = 0; place < this.#count; place++) {
      const sender = this.#senders[place];
      if (sender === null || sender === undefined) continue;
      ring.add(sender.fd, this.#address + (this.#starts[place] as number), this.#lengthAt(place), sender.isEnding);
      places[count++] = place;
    }
    const seen = ring.submit();
    for (let which = 0; which < seen; which++) this.#sent(places[which] as number, ring.result(which));
  }
}
