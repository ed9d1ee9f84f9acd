/** What gzip has around the raw deflate format (RFC 1952). */
import * as zlib from "node:zlib";

/** Neither a name nor a time; made on Unix. */
const head = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);

/** The sum of what came before and of `bytes`. Node has it since 20.15; undefined: this runtime has not. */
export const { crc32 } = zlib as unknown as {
  readonly crc32?: (bytes: Uint8Array, before?: number) => number;
};

/** Bytes that `writeEnd` writes. */
export const gzipEndBytes = 8;

/** Sums up one stream. */
export class GzipFrame {
  #crc = 0;
  #length = 0;

  add(bytes: Uint8Array, from: number, end: number): void {
    if (crc32 === undefined) throw new Error("there is no CRC-32");
    this.#crc = crc32(bytes.subarray(from, end), this.#crc);
    this.#length += end - from;
  }

  /** Where it ends in `into`. */
  writeHead(into: Uint8Array, at: number): number {
    into.set(head, at);
    return at + head.length;
  }

  /** Where it ends in `into`. */
  writeEnd(into: Uint8Array, at: number): number {
    const view = new DataView(into.buffer, into.byteOffset + at, gzipEndBytes);
    view.setUint32(0, this.#crc, true);
    // Of more than 4 GiB what is left, as the format has it.
    view.setUint32(4, this.#length % 2 ** 32, true);
    return at + gzipEndBytes;
  }
}
