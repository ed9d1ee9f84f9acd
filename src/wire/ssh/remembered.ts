/** What was read of some bytes, for when the same bytes come again: fleets repeat themselves. */

/** What may be in one place at once. */
const places = 4;
/** How often something must be passed over, at most, before what came once takes the place of what came often. */
const mostUses = 64;

/** FNV's. */
const prime = 0x01000193;

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
  uses: number;
}

/**
 * Bounded in entries and in bytes. No bytes crowd others out cheaply: a key competes for the four entries of one place, which a secret
 * of this process picks, and only wears down by one what was used there often. So whoever sends new bytes each time, or bytes that meet
 * in one place, pays for a session each, and who is pushed out pays for being read once more.
 */
export class Remembered<T> {
  readonly #entries: (Entry<T> | undefined)[];
  readonly #mask: number;
  readonly #longest: number;
  /** Hashes of what has come once: what comes but once is never kept, which would cost more than to read it. */
  readonly #metOnce = new Int32Array(1024);
  readonly #secret = (Math.random() * 2 ** 32) >>> 0;
  /** Of what was looked for last. */
  #lastHash = 0;

  /** Keys of `longest` bytes at most, `entries` of them, which is four times a power of two. */
  constructor({ entries, longest }: { readonly entries: number; readonly longest: number }) {
    this.#entries = Array.from({ length: entries });
    this.#mask = entries / places - 1;
    this.#longest = longest;
  }

  /** What was kept of these bytes; undefined: nothing. */
  find(bytes: Uint8Array, from: number, to: number): T | undefined {
    if (to - from > this.#longest) return undefined;
    const hash = this.#hash(bytes, from, to);
    this.#lastHash = hash;
    const first = (hash & this.#mask) * places;
    for (let at = first; at < first + places; at++) {
      const entry = this.#entries[at];
      if (entry === undefined) return undefined;
      if (!isSame(bytes, from, to, entry.bytes)) continue;
      if (entry.uses < mostUses) entry.uses++;
      return entry.value;
    }
    return undefined;
  }

  /** Keeps it with a copy of the bytes, which were looked for last and not found. False: not yet, for they came for the first time or to a place in use, or they are too long. */
  keep(bytes: Uint8Array, from: number, to: number, value: T): boolean {
    if (to - from > this.#longest) return false;
    const hash = this.#lastHash;
    if (this.#metOnce[hash >>> 22] !== hash) {
      this.#metOnce[hash >>> 22] = hash;
      return false;
    }
    const first = (hash & this.#mask) * places;
    let least = first;
    for (let at = first; at < first + places; at++) {
      const entry = this.#entries[at];
      if (entry === undefined) return this.#put(at, bytes.slice(from, to), value);
      if (entry.uses < (this.#entries[least]?.uses ?? 0)) least = at;
    }
    const weakest = this.#entries[least];
    if (weakest !== undefined && weakest.uses > 0) {
      weakest.uses--;
      return false;
    }
    // Of equals the oldest has gone: the newest stands last.
    this.#entries.copyWithin(least, least + 1, first + places);
    return this.#put(first + places - 1, bytes.slice(from, to), value);
  }

  #put(at: number, bytes: Uint8Array, value: T): true {
    this.#entries[at] = { bytes, value, uses: 0 };
    return true;
  }

  /** By all bytes, for near relatives are common. Four sums at once, none of which waits for another. */
  #hash(bytes: Uint8Array, from: number, to: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let one = this.#secret;
    let two = to - from;
    let [three, four] = [0, 0];
    let at = from;
    for (; at + 16 <= to; at += 16) {
      one = Math.imul(one ^ view.getInt32(at, true), prime);
      two = Math.imul(two ^ view.getInt32(at + 4, true), prime);
      three = Math.imul(three ^ view.getInt32(at + 8, true), prime);
      four = Math.imul(four ^ view.getInt32(at + 12, true), prime);
    }
    for (; at < to; at++) one = Math.imul(one ^ view.getUint8(at), prime);
    return mixed(mixed(mixed(mixed(one) ^ two) ^ three) ^ four);
  }
}

/** Has high bits change the low ones. */
function mixed(sum: number): number {
  const hash = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function isSame(bytes: Uint8Array, from: number, to: number, kept: Uint8Array): boolean {
  const length = to - from;
  if (kept.length !== length) return false;
  // Short ones are compared faster than they are pointed to.
  if (length > 64) return Buffer.compare(bytes.subarray(from, to), kept) === 0;
  for (let at = 0; at < length; at++) if (bytes[from + at] !== kept[at]) return false;
  return true;
}
