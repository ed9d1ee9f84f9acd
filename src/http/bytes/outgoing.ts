/** Gathers what goes to one stream at one time: a head and what little is there behind it go out in one call. */
import type { Stream } from "../../net/transport.ts";
import { copyBytes } from "../../wire/http/bytes.ts";
import { type Head, headLength, writeHead } from "../../wire/http/head.ts";

/** Pieces up to so many bytes are copied rather than sent by themselves. */
const copiedBytes = 16 * 1024;
const roomBytes = 64 * 1024;

/** Used from `begin` to `end` within one call, so that one is enough for all. */
export class Outgoing {
  /** What has been put since `begin`. */
  sentBytes = 0;
  #stream: Stream | null = null;
  #room = new Uint8Array(new ArrayBuffer(roomBytes));
  #length = 0;
  #isTaken = true;

  begin(stream: Stream): void {
    this.#stream = stream;
    this.#length = this.sentBytes = 0;
    this.#isTaken = true;
  }

  head(head: Head, adjustCase?: ReadonlyMap<string, string>): void {
    const length = headLength(head);
    this.#reserve(length);
    const end = writeHead(head, this.#room, this.#length, adjustCase);
    this.sentBytes += end - this.#length;
    this.#length = end;
  }

  put(bytes: Uint8Array, from: number, end: number): void {
    const count = end - from;
    if (count <= 0) return;
    this.sentBytes += count;
    if (count > copiedBytes) {
      this.#flush(true);
      this.#send(bytes.subarray(from, end), count, false);
      return;
    }
    this.#reserve(count);
    this.#length = copyBytes(bytes, from, end, this.#room, this.#length);
  }

  /** Room for `count` bytes that `write` puts from an offset on; it returns where they end. */
  write(count: number, write: (into: Uint8Array, at: number) => number): void {
    this.#reserve(count);
    const end = write(this.#room, this.#length);
    this.sentBytes += end - this.#length;
    this.#length = end;
  }

  /** Sends all. False: some of it has to wait, and the stream tells when it has gone. `endFollows`: see Stream.send. */
  end(endFollows = false): boolean {
    this.#flush(endFollows);
    this.#stream = null;
    return this.#isTaken;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#room.length) return;
    this.#flush(true);
    if (count > this.#room.length) this.#room = new Uint8Array(new ArrayBuffer(2 * count));
  }

  #flush(moreFollows: boolean): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    this.#send(this.#room, length, moreFollows);
  }

  #send(bytes: Uint8Array, length: number, moreFollows: boolean): void {
    if (this.#stream?.send(bytes, length, moreFollows) !== true) this.#isTaken = false;
  }
}

/** The one that all exchanges use. */
export const outgoing = new Outgoing();
