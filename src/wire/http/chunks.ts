/** The chunked coding (RFC 9112, 7.1): taken apart in whatever pieces it comes, and written. */
import { cr, lf, valueBytes, writeLineEnd } from "./bytes.ts";
import { Fields } from "./fields.ts";
import { HeadReader } from "./head-reader.ts";
import type { HeadFault, HeadLimits } from "./head-reader.ts";

/** What is wrong with a chunked body. */
export type ChunkFault =
  /** No hexadecimal number, or something else than an extension behind it. */
  | "chunk-size"
  /** A number that cannot be counted: 2^53 and more, or more than 16 digits. */
  | "chunk-too-large"
  /** Too long, or with a control in it. */
  | "chunk-extension"
  /** No line's end behind the data. */
  | "chunk-end"
  /** Of a size's line, or what is wrong with the trailers. */
  | HeadFault;

export type ChunkProgress = "need-more" | "data" | "gap" | "done" | "refused";

const atSize = 0;
const inSize = 1;
const inExtension = 2;
const atSizeCr = 3;
const atSizeLf = 4;
const inData = 5;
const atDataCr = 6;
const atDataLf = 7;
const inTrailers = 8;
const isDone = 9;

const semicolon = 0x3b;
const longestExtension = 1024;
const mostDigits = 16;

/** The value of each hexadecimal digit; 255 for other bytes. */
const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return value < 0 ? 255 : value;
});

/** Names that a trailer must not bring (RFC 9110, 6.5.1): what frames, routes, authenticates or says how to read the body. */
const notInTrailers = new Set(
  (
    "age authorization cache-control connection content-encoding content-length content-range content-type cookie " +
    "date expect expires host keep-alive location max-forwards pragma proxy-authenticate proxy-authorization " +
    "proxy-connection range retry-after set-cookie te trailer transfer-encoding upgrade vary via www-authenticate"
  ).split(" "),
);

/**
 * Takes a body apart. Each call reads on from the first byte that has not been consumed; what was, nobody has to keep.
 *
 * Strict: lines end with CR LF, nothing but an extension stands behind a size, and extensions (at most 1,024 bytes a chunk)
 * are dropped.
 */
export class ChunkReader {
  /** The caller's buffer was consumed up to here; after "refused": this byte is wrong. */
  at = 0;
  /** After "data": where in the caller's buffer there is some of the body. */
  dataFrom = 0;
  dataEnd = 0;
  /** After `pass`: the bytes from where it began up to here may go out as they are. */
  passEnd = 0;
  /** Bytes of the present chunk that are still to come. */
  left = 0;
  /** After "refused". */
  fault: ChunkFault | null = null;
  #place = atSize;
  /** Digits of the size, or bytes of the extension. */
  #seen = 0;
  #trailerReader: HeadReader | null = null;
  /** Bytes of the trailers so far, copied: they may come in pieces. */
  #held: Uint8Array = new Uint8Array(0);
  #heldLength = 0;
  readonly #noTrailers = new Fields();

  /** `limits` are those of the trailers, counted as a head's. */
  constructor(readonly limits: HeadLimits) {}

  /** After "done": the fields behind the last chunk, without those that have no business there. */
  get trailers(): Fields {
    return this.#heldLength > 0 ? (this.#trailerReader?.head.fields ?? this.#noTrailers) : this.#noTrailers;
  }

  /** Makes ready for another body. */
  reset(): void {
    this.#place = atSize;
    this.#seen = this.left = this.#heldLength = 0;
    this.fault = null;
    this.#trailerReader?.reset();
    this.#noTrailers.clear();
  }

  /** Goes on with the bytes from `from` to `end`; after "data" there may be more: call again from `at` until "need-more". */
  next(bytes: Uint8Array, from: number, end: number): Exclude<ChunkProgress, "gap"> {
    this.at = from;
    this.#readFrame(bytes, end);
    if (this.#place === inExtension) {
      this.#skipExtension(bytes, end);
      this.#readFrame(bytes, end);
    }
    if (this.fault !== null) return "refused";
    if (this.#place === inTrailers) return this.#readTrailers(bytes, end);
    if (this.#place === isDone) return "done";
    if (this.#place !== inData || this.at === end) return "need-more";
    this.dataFrom = this.at;
    this.#passData(end);
    this.dataEnd = this.at;
    return "data";
  }

  /**
   * As `next`, for chunks that go on as they are: consumes what it can, and the bytes from `from` to `passEnd` may be sent.
   * "gap": something was left out, call again from `at`. Behind them come the trailers, by `writeTrailers`.
   */
  pass(bytes: Uint8Array, from: number, end: number): Exclude<ChunkProgress, "data"> {
    this.at = from;
    for (;;) {
      this.#readFrame(bytes, end);
      if (this.#place !== inData || this.at === end) break;
      this.#passData(end);
    }
    this.passEnd = this.at;
    if (this.fault !== null) return "refused";
    if (this.#place === inTrailers) return this.#readTrailers(bytes, end);
    if (this.#place === isDone) return "done";
    if (this.#place !== inExtension) return "need-more";
    this.#skipExtension(bytes, end);
    if (this.fault !== null) return "refused";
    return this.at === end ? "need-more" : "gap";
  }

  #passData(end: number): void {
    const length = Math.min(this.left, end - this.at);
    this.at += length;
    this.left -= length;
    if (this.left === 0) this.#place = atDataCr;
  }

  /** Reads what stands between data, up to data, an extension or the trailers. */
  #readFrame(bytes: Uint8Array, end: number): void {
    while (this.at < end && this.fault === null) {
      const byte = bytes[this.at] ?? 0;
      switch (this.#place) {
        case atSize:
          this.left = this.#seen = 0;
          this.#place = inSize;
          break;
        case inSize:
          this.#readSize(byte);
          break;
        case atSizeCr:
          if (byte !== cr) return void (this.fault = byte === lf ? "line-end" : "chunk-size");
          this.#place = atSizeLf;
          this.at += 1;
          break;
        case atSizeLf:
          if (byte !== lf) return void (this.fault = "line-end");
          this.#place = this.left === 0 ? inTrailers : inData;
          this.at += 1;
          break;
        case atDataCr:
          if (byte !== cr) return void (this.fault = "chunk-end");
          this.#place = atDataLf;
          this.at += 1;
          break;
        case atDataLf:
          if (byte !== lf) return void (this.fault = "line-end");
          this.#place = atSize;
          this.at += 1;
          break;
        default:
          return;
      }
    }
  }

  /** One digit, or what ends them. */
  #readSize(byte: number): void {
    const value = hexValues[byte] ?? 255;
    if (value === 255) {
      if (this.#seen === 0) this.fault = "chunk-size";
      else this.#place = byte === semicolon ? inExtension : atSizeCr;
      if (byte === semicolon) this.#seen = 0;
      return;
    }
    const size = this.left * 16 + value;
    this.#seen += 1;
    if (this.#seen > mostDigits || size > Number.MAX_SAFE_INTEGER) {
      this.fault = "chunk-too-large";
      return;
    }
    this.left = size;
    this.at += 1;
  }

  #skipExtension(bytes: Uint8Array, end: number): void {
    while (this.at < end && valueBytes[bytes[this.at] ?? 0] === 1 && this.#seen <= longestExtension) {
      this.at += 1;
      this.#seen += 1;
    }
    if (this.at === end) return;
    const byte = bytes[this.at];
    if (byte === cr && this.#seen <= longestExtension) this.#place = atSizeCr;
    else this.fault = byte === lf ? "line-end" : "chunk-extension";
  }

  #readTrailers(bytes: Uint8Array, end: number): "need-more" | "done" | "refused" {
    if (this.#heldLength === 0 && bytes[this.at] === cr && this.at + 1 < end && bytes[this.at + 1] === lf) {
      this.at += 2;
      this.#place = isDone;
      return "done";
    }
    this.#trailerReader ??= new HeadReader("trailers", this.limits);
    const reader = this.#trailerReader;
    const before = this.#heldLength;
    this.#hold(bytes, end);
    const progress = reader.read(this.#held, 0, this.#heldLength);
    if (progress === "need-more") {
      this.at += this.#heldLength - before;
      return "need-more";
    }
    if (progress === "refused") {
      this.at += reader.faultAt - before;
      this.fault = reader.fault;
      return "refused";
    }
    this.at += reader.head.size - before;
    reader.head.fields.removeWhere((name) => notInTrailers.has(name));
    this.#place = isDone;
    return "done";
  }

  /** Copies bytes behind those held, as many as a head may have. */
  #hold(bytes: Uint8Array, end: number): void {
    const length = Math.min(this.#heldLength + end - this.at, this.limits.bytes);
    if (length > this.#held.length) {
      const held = new Uint8Array(Math.min(this.limits.bytes, length * 2));
      held.set(this.#held.subarray(0, this.#heldLength));
      this.#held = held;
    }
    this.#held.set(bytes.subarray(this.at, this.at + length - this.#heldLength), this.#heldLength);
    this.#heldLength = length;
  }
}

/** Bytes of the longest line that `writeChunkHead` writes. */
export const longestChunkHead = 16;

/** Writes a chunk's size, hexadecimal, and CR LF; where they end. Behind the data comes CR LF, behind 0 the trailers. */
export function writeChunkHead(size: number, into: Uint8Array, at: number): number {
  let digits = 1;
  for (let rest = size; rest >= 16; rest = Math.floor(rest / 16)) digits += 1;
  let rest = size;
  for (let index = at + digits - 1; index >= at; index--) {
    const digit = rest % 16;
    into[index] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    rest = Math.floor(rest / 16);
  }
  return writeLineEnd(into, at + digits);
}

/** Writes trailers and the empty line that ends a body, behind the last chunk's line; where they end. */
export function writeTrailers(trailers: Fields, into: Uint8Array, at: number): number {
  return writeLineEnd(into, trailers.write(into, at));
}

/** The last chunk of a body without trailers. */
export const lastChunk: Uint8Array = Uint8Array.of(0x30, cr, lf, cr, lf);
