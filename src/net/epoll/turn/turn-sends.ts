/**
 * Small sends of one turn of the loop, made together at its end. Each wakes whoever waits at the other end, mostly on this machine, and leaves the processor's
 * caches to the kernel: so many one behind the other cost a seventh less than each in its place, and in one call of the kernel's, where there is one, another quarter less.
 */
import { ptr } from "bun:ffi";
import type { CallRing } from "../../libc/call-ring.ts";
import type { SocketCalls } from "../../libc/socket-calls.ts";

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

export class TurnSends {
  readonly #calls: SocketCalls;
  readonly #ring: CallRing | null;
  readonly #bytes = new Uint8Array(new ArrayBuffer(arenaBytes));
  readonly #address = ptr(this.#bytes);
  readonly #senders: (TurnSender | null)[] = Array.from({ length: mostSends }, () => null);
  readonly #starts = new Int32Array(mostSends + 1);
  /** Of those that a ring has: where each waits. */
  readonly #places = new Int32Array(mostSends);
  #count = 0;
  #isTurn = false;

  /** `ring`: of `mostSends` entries at least; null: each is a call of its own. */
  constructor(calls: SocketCalls, ring: CallRing | null) {
    this.#calls = calls;
    this.#ring = ring;
  }

  /**
   * Takes a copy, to be sent at the turn's end, or before that by `send`. `place`: where bytes of the same sender wait already; -1:
   * nowhere. Returns where these wait, or -1: they are to be sent at once, behind those.
   */
  add(sender: TurnSender, place: number, bytes: Uint8Array, length: number): number {
    if (!this.#isTurn || length > longest) return -1;
    if (place >= 0) return this.#append(place, bytes, length);
    if (this.#count === mostSends || (this.#starts[this.#count] as number) + length > arenaBytes) this.sendAll();
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

  /** A turn begins: sends wait from now on. */
  begin(): void {
    this.#isTurn = true;
  }

  /** The turn is over: what is sent from now on goes at once. What waits is sent next, by `sendAll` or by a ring. */
  end(): void {
    this.#isTurn = false;
  }

  /** So many wait at most. */
  get count(): number {
    return this.#count;
  }

  /** Hands what waits to a ring, as its first calls; how many. `collect` follows, when they have been made. */
  fill(ring: CallRing): number {
    const places = this.#places;
    let count = 0;
    for (let place = 0; place < this.#count; place++) {
      const sender = this.#senders[place];
      if (sender === null || sender === undefined) continue;
      ring.send(sender.fd, this.#address + (this.#starts[place] as number), this.#lengthAt(place), sender.isEnding);
      places[count++] = place;
    }
    return count;
  }

  /** The ring has looked at so many of them; sends the others. */
  collect(seen: number): void {
    for (let which = 0; which < seen; which++)
      this.#sent(this.#places[which] as number, (this.#ring as CallRing).result(which));
    for (let place = 0; place < this.#count; place++) this.send(place);
    this.#count = 0;
  }

  /** Sends all that waits. */
  sendAll(): void {
    const ring = this.#count > 1 ? this.#ring : null;
    this.collect(ring === null || this.fill(ring) === 0 ? 0 : ring.submit());
  }
}
