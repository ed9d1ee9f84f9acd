/** zlib without a thread or a turn of the loop between: the synchronous write that Bun, Node and Deno have below their streams. */
import * as zlib from "node:zlib";
import type { CompressionLimits } from "../../plan/compression.ts";
import { crc32 } from "./gzip-frame.ts";

let isThere: boolean | null = null;

/** Whether this runtime's streams have below them what is looked for here. */
export function isDeflaterThere(): boolean {
  if (isThere !== null) return isThere;
  const stream = zlib.createDeflate() as unknown as Partial<Below>;
  const engine = stream._handle as Partial<Engine> | undefined;
  isThere = typeof engine?.writeSync === "function" && stream._writeState instanceof Uint32Array;
  isThere &&= crc32 !== undefined;
  engine?.close?.();
  return isThere;
}

/** gzip is the raw one with a head and an end, for of gzip's own streams Bun and Node cannot change the level. */
export type ZlibFormat = "deflate" | "raw-deflate";

/** What lies below a stream of node:zlib. None of it is documented; `isDeflaterThere` looks for it, and a test on each runtime. */
interface Engine {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputFrom: number,
    inputLength: number,
    output: Uint8Array,
    outputFrom: number,
    outputLength: number,
  ): void;
  params(level: number, strategy: number): void;
  close(): void;
}

interface Below {
  readonly _handle: Engine;
  /** What the last write has left: room for output, and input. */
  readonly _writeState: Uint32Array;
}

const makers = { deflate: zlib.createDeflate, "raw-deflate": zlib.createDeflateRaw } as const;

export const { Z_NO_FLUSH: noFlush, Z_SYNC_FLUSH: syncFlush, Z_FINISH: finish } = zlib.constants;

/** What one stream takes of memory, in bytes, as zlib's manual reckons it. */
export function zlibBytes({ windowBits, memoryLevel }: CompressionLimits): number {
  return 2 ** (windowBits + 2) + 2 ** (memoryLevel + 9);
}

/** Bytes of the buffer that a stream makes for itself and that nothing is written to: the least that may be asked for. */
const unused = 64;

/** One compressed stream. Its memory is not the garbage collector's: whoever makes one closes it. */
export class Deflater {
  /** How much of its input the last `write` took. */
  taken = 0;
  #stream: Below | null;

  constructor(format: ZlibFormat, { level, memoryLevel, windowBits }: CompressionLimits) {
    // zlib itself makes 9 of 8 in one of the formats, and refuses it in the others.
    const options = { level, memLevel: memoryLevel, windowBits: Math.max(9, windowBits), chunkSize: unused };
    const stream = makers[format](options);
    stream.on("error", ignore);
    this.#stream = stream as unknown as Below;
  }

  /** Puts what there is so far into `room`, from `at` on; how many bytes. `room` is full: call again with what was not taken. */
  write(flush: number, input: Uint8Array, from: number, length: number, room: Uint8Array, at: number): number {
    const stream = this.#stream;
    if (stream === null) throw new Error("a compressed stream that is closed was written to");
    const { _writeState: left } = stream;
    stream._handle.writeSync(flush, input, from, length, room, at, room.length - at);
    const written = room.length - at - (left[0] ?? 0);
    this.taken = length - (left[1] ?? 0);
    if (written === 0 && this.taken < length) throw new Error("zlib does not go on");
    return written;
  }

  /** From the next write on, 0 to 9; to be called behind a `syncFlush` that gave out all. */
  setLevel(level: number): void {
    this.#stream?._handle.params(level, zlib.constants.Z_DEFAULT_STRATEGY);
  }

  close(): void {
    const stream = this.#stream;
    this.#stream = null;
    stream?._handle.close();
  }
}

function ignore(): void {}
