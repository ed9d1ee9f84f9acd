/** An answer's body on its way through zlib. */
import { clockMs } from "../../clock.ts";
import type { CompressionAlgorithm } from "../../plan/compression.ts";
import type { CompressionUse } from "../../proxy/process/compression-use.ts";
import type { CompressionCounters } from "../../proxy/process/http-counters.ts";
import { putChunk } from "../bytes/chunk-out.ts";
import type { Coder } from "../bytes/coder.ts";
import type { Outgoing } from "../bytes/outgoing.ts";
import { Deflater, finish, noFlush, syncFlush, zlibBytes } from "./deflater.ts";
import { gzipEndBytes, GzipFrame } from "./gzip-frame.ts";

/** Used within one call, from the first `put` to the `flush`, so that one does for all. */
const room = new Uint8Array(new ArrayBuffer(64 * 1024));
const nothing = new Uint8Array(0);

/**
 * Holds a place among what the process may compress from the beginning, and zlib's memory from the first byte, both until `close`. What is put
 * in one turn is flushed at its end, so that a server that pauses is heard.
 */
export class Compression implements Coder {
  /** Bytes of the body before it was compressed, since `takeCount`. */
  #bytesIn = 0;
  readonly #reserved: number;
  #level: number;
  #deflater: Deflater | null = null;
  /** What gzip has around the raw format; null: it is another. */
  readonly #gzip: GzipFrame | null;
  #isClosed = false;
  #length = 0;
  /** In this turn: put, and given out. */
  #put = 0;
  #out = 0;

  /** Null: there is too much of it already. `counters`: of whoever the answer is counted for. */
  static begin(
    algorithm: CompressionAlgorithm,
    use: CompressionUse,
    counters: readonly CompressionCounters[],
  ): Compression | null {
    const bytes = algorithm === "identity" ? 0 : zlibBytes(use.limits);
    return use.mayBegin(bytes, clockMs()) ? new Compression(algorithm, use, counters, bytes) : null;
  }

  private constructor(
    readonly algorithm: CompressionAlgorithm,
    readonly use: CompressionUse,
    readonly counters: readonly CompressionCounters[],
    bytes: number,
  ) {
    this.#reserved = bytes;
    this.#gzip = algorithm === "gzip" ? new GzipFrame() : null;
    this.#level = algorithm === "identity" ? 0 : use.limits.level;
    use.zlibBytes += bytes;
  }

  put(out: Outgoing, bytes: Uint8Array, from: number, end: number): void {
    this.#put += end - from;
    this.#gzip?.add(bytes, from, end);
    if (this.algorithm !== "identity") return this.#run(out, noFlush, bytes, from, end);
    this.#out += end - from;
    putChunk(out, bytes, from, end);
  }

  flush(out: Outgoing): void {
    if (this.#put === 0) return;
    if (this.algorithm !== "identity") {
      this.#run(out, syncFlush, nothing, 0, 0);
      this.#emit(out);
    }
    this.#account();
    this.#adapt();
  }

  finish(out: Outgoing): void {
    if (this.algorithm !== "identity") {
      this.#run(out, finish, nothing, 0, 0);
      this.#endGzip(out);
      this.#emit(out);
    }
    this.#account();
    for (const one of this.counters) one.answers += 1;
    this.close();
  }

  /** How much was put since the last call. */
  takeCount(): number {
    const count = this.#bytesIn;
    this.#bytesIn = 0;
    return count;
  }

  /** Gives back what it holds; nothing may be put any more. Once is enough. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.use.zlibBytes -= this.#reserved;
    this.#deflater?.close();
    this.#deflater = null;
  }

  #run(out: Outgoing, flush: number, bytes: Uint8Array, from: number, end: number): void {
    const deflater = this.#made();
    for (let at = from; ;) {
      this.#length += deflater.write(flush, bytes, at, end - at, room, this.#length);
      at += deflater.taken;
      if (this.#length < room.length) return;
      this.#emit(out);
    }
  }

  #made(): Deflater {
    if (this.#isClosed || this.algorithm === "identity") throw new Error("a closed compression was written to");
    if (this.#deflater !== null) return this.#deflater;
    if (this.#gzip !== null) this.#length = this.#gzip.writeHead(room, this.#length);
    const format = this.algorithm === "deflate" ? "deflate" : "raw-deflate";
    this.#deflater = new Deflater(format, this.use.limits);
    return this.#deflater;
  }

  #endGzip(out: Outgoing): void {
    if (this.#gzip === null) return;
    if (this.#length + gzipEndBytes > room.length) this.#emit(out);
    this.#length = this.#gzip.writeEnd(room, this.#length);
  }

  #emit(out: Outgoing): void {
    const length = this.#length;
    this.#length = 0;
    if (length === 0) return;
    this.#out += length;
    putChunk(out, room, 0, length);
  }

  #account(): void {
    const [put, out] = [this.#put, this.#out];
    this.#put = this.#out = 0;
    this.#bytesIn += put;
    if (this.#level > 0) {
      const now = clockMs();
      this.use.input.add(now, put);
      this.use.output.add(now, out);
      for (const one of this.counters) {
        one.bytesIn += put;
        one.bytesOut += out;
      }
    } else for (const one of this.counters) one.bytesPassed += put;
  }

  /** One level less while the process is at its limits, else one more, up to what is allowed. */
  #adapt(): void {
    const { use } = this;
    if (this.algorithm === "identity") return;
    const isPressed = use.isPressed(clockMs());
    if (isPressed ? this.#level === 0 : this.#level >= use.limits.level) return;
    this.#level += isPressed ? -1 : 1;
    this.#deflater?.setLevel(this.#level);
  }
}
