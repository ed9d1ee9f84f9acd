/** Reads what has come for many connections of a turn in one call of the kernel's, before each hears of it: that costs a fifth of a call each. */
import { ptr } from "bun:ffi";
import { AheadBytes, aheadBytes, type AheadReader } from "./ahead-bytes.ts";
import type { CallRing } from "../../libc/call-ring.ts";
import { EPOLLERR, EPOLLIN, EPOLLPRI, epollEventInts } from "../../libc/epoll-calls.ts";
import type { Places } from "./places.ts";

/** So many in a turn. */
const mostAhead = 64;

export class ReadAhead {
  readonly #ring: CallRing;
  readonly #places: Places;
  readonly #bytes = new Uint8Array(new ArrayBuffer(mostAhead * aheadBytes));
  readonly #address = ptr(this.#bytes);
  readonly #slots = Array.from({ length: mostAhead }, () => new AheadBytes(this.#bytes, -1, 0));
  readonly #readers: AheadReader[] = [];

  constructor(ring: CallRing, places: Places) {
    this.#ring = ring;
    this.#places = places;
  }

  /** `count` events have been told. */
  read(events: Int32Array, count: number): void {
    const readers = this.#readers;
    for (let index = 0; index < count && readers.length < mostAhead; index++) {
      const at = index * epollEventInts;
      // Before an error all bytes are to be had, and urgent ones end a read.
      if (((events[at] as number) & (EPOLLIN | EPOLLERR | EPOLLPRI)) !== EPOLLIN) continue;
      const place = events[at + epollEventInts - 2] as number;
      const reader = this.#places.at(place, events[at + epollEventInts - 1] as number)?.reader;
      const fd = reader === undefined ? -1 : reader.aheadFd;
      if (fd < 0) continue;
      this.#ring.receive(fd, this.#address + readers.length * aheadBytes, aheadBytes);
      readers.push(reader as AheadReader);
    }
    const seen = readers.length === 0 ? 0 : this.#ring.submit();
    readers.length = seen;
    for (const [which, reader] of readers.entries()) {
      const slot = this.#slots[which] as AheadBytes;
      slot.fill(which * aheadBytes, this.#ring.result(which));
      reader.tookAhead(slot);
    }
  }

  /** All have heard. */
  end(): void {
    for (const reader of this.#readers) reader.keepAhead();
    this.#readers.length = 0;
  }
}
