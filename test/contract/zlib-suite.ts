/** Compressed streams, as a program of its own: `zlib.test.ts` bundles it and runs it by Node and by Deno. Says what is wrong, or `sound`. */
import { inflateRawSync, inflateSync } from "node:zlib";
import {
  Deflater,
  finish,
  isDeflaterThere,
  noFlush,
  syncFlush,
  type ZlibFormat,
} from "../../src/http/compression/deflater.ts";
import { crc32 } from "../../src/http/compression/gzip-frame.ts";
import { compressionLimits } from "../../src/plan/compression.ts";

const inverse = { deflate: inflateSync, "raw-deflate": inflateRawSync };
const nothing = new Uint8Array(0);
const room = new Uint8Array(new ArrayBuffer(1000));

function run(deflater: Deflater, flush: number, input: Uint8Array, parts: Buffer[]): number {
  let sum = 0;
  for (let at = 0; ; at += deflater.taken) {
    const length = deflater.write(flush, input, at, input.length - at, room, 0);
    parts.push(Buffer.from(room.slice(0, length)));
    sum += length;
    if (length < room.length) return sum;
  }
}

/** Pieces at levels that come and go, each flushed. */
function check(format: ZlibFormat): string[] {
  const deflater = new Deflater(format, compressionLimits);
  const parts: Buffer[] = [];
  const wrong: string[] = [];
  let wanted = "";
  for (const level of [1, 0, 0, 1, 9, 0, 1]) {
    deflater.setLevel(level);
    const text = `at level ${level} `.repeat(700);
    wanted += text;
    const length = run(deflater, noFlush, Buffer.from(text), parts) + run(deflater, syncFlush, nothing, parts);
    if (length > 5000 !== (level === 0)) wrong.push(`${format}: ${length} bytes at level ${level}`);
  }
  run(deflater, finish, nothing, parts);
  deflater.close();
  if (inverse[format](Buffer.concat(parts)).toString() !== wanted) wrong.push(`${format}: something else comes out`);
  return wrong;
}

/** None of them is left behind: they would be 520 MB. */
function growth(): number {
  const before = process.memoryUsage().rss;
  for (let made = 0; made < 2000; made++) {
    const deflater = new Deflater("deflate", compressionLimits);
    run(deflater, syncFlush, Buffer.from("abc"), []);
    deflater.close();
  }
  return process.memoryUsage().rss - before;
}

const wrong = isDeflaterThere() ? (Object.keys(inverse) as ZlibFormat[]).flatMap(check) : ["it is not there"];
const grown = isDeflaterThere() ? growth() : 0;
if (grown > 150e6) wrong.push(`it grew by ${Math.round(grown / 1e6)} MB`);
if (crc32?.(Buffer.from("world"), crc32(Buffer.from("hello "))) !== 0x0d4a1185) wrong.push("another sum");
console.log(wrong.length === 0 ? "sound" : wrong.join("\n"));
