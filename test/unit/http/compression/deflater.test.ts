import { describe, expect, spyOn, test } from "bun:test";
import { createDeflate, deflateRawSync, inflateRawSync, inflateSync } from "node:zlib";
import {
  Deflater,
  finish,
  isDeflaterThere,
  noFlush,
  syncFlush,
  zlibBytes,
  type ZlibFormat,
} from "../../../../src/http/compression/deflater.ts";
import { compressionLimits } from "../../../../src/plan/compression.ts";

const nothing = new Uint8Array(0);
const inverse = { deflate: inflateSync, "raw-deflate": inflateRawSync };

/** All of it, by as little room as is given. */
function run(deflater: Deflater, flush: number, input: Uint8Array, roomBytes: number): Buffer {
  const room = new Uint8Array(new ArrayBuffer(roomBytes));
  const parts: Buffer[] = [];
  for (let at = 0; ; at += deflater.taken) {
    const length = deflater.write(flush, input, at, input.length - at, room, 0);
    parts.push(Buffer.from(room.slice(0, length)));
    if (length < roomBytes) return Buffer.concat(parts);
  }
}

describe("zlib below the streams", () => {
  test("is there", () => expect(isDeflaterThere()).toBe(true));

  for (const format of Object.keys(inverse) as ZlibFormat[]) {
    test(`${format}: what is put in comes out, through whatever room`, () => {
      const input = Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at * at) >> 7));
      for (const roomBytes of [1, 7, 4096]) {
        const deflater = new Deflater(format, compressionLimits);
        const all = [run(deflater, noFlush, input, roomBytes), run(deflater, finish, nothing, roomBytes)];
        deflater.close();
        expect(inverse[format](Buffer.concat(all)).equals(input)).toBe(true);
      }
    });
  }

  test("all that was put in is out behind a flush, at each level, which may change there", () => {
    const deflater = new Deflater("raw-deflate", compressionLimits);
    let sent = Buffer.alloc(0);
    let wanted = "";
    for (const level of [1, 0, 9, 3, 0, 1]) {
      deflater.setLevel(level);
      const text = `at level ${level} `.repeat(100);
      wanted += text;
      const part = Buffer.concat([
        run(deflater, noFlush, Buffer.from(text), 4096),
        run(deflater, syncFlush, nothing, 4096),
      ]);
      expect(part.length > 1000).toBe(level === 0);
      sent = Buffer.concat([sent, part]);
      // Ended by an empty last block.
      const ended = Buffer.concat([sent, deflateRawSync("")]);
      expect(inflateRawSync(ended).toString()).toBe(wanted);
    }
    deflater.close();
  });

  test("every window and memory level that may be asked for", () => {
    for (const format of Object.keys(inverse) as ZlibFormat[]) {
      for (let windowBits = 8; windowBits <= 15; windowBits++) {
        for (const memoryLevel of [1, 9]) {
          const deflater = new Deflater(format, { ...compressionLimits, windowBits, memoryLevel });
          const all = [run(deflater, noFlush, Buffer.from("abc"), 100), run(deflater, finish, nothing, 100)];
          deflater.close();
          expect(inverse[format](Buffer.concat(all)).toString()).toBe("abc");
        }
      }
    }
  });

  test("memory as zlib's manual reckons it", () => expect(zlibBytes(compressionLimits)).toBe(262_144));

  test("a closed one says so, and may be closed again", () => {
    const deflater = new Deflater("deflate", compressionLimits);
    deflater.close();
    deflater.close();
    expect(() => deflater.write(noFlush, nothing, 0, 0, new Uint8Array(9), 0)).toThrow("closed");
  });

  test("closing gives the memory back at once, written to or not", () => {
    const { _handle: engine } = createDeflate() as unknown as { _handle: { close: () => void } };
    using closing = spyOn(Object.getPrototypeOf(engine) as typeof engine, "close");
    for (const format of Object.keys(inverse) as ZlibFormat[]) {
      const deflater = new Deflater(format, compressionLimits);
      if (format !== "deflate") run(deflater, syncFlush, Buffer.from("abc"), 100);
      deflater.close();
    }
    expect(closing).toHaveBeenCalledTimes(2);
  });
});
