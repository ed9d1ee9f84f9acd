/** Chunks, taken apart in any pieces, passed on and written. */
import { describe, expect, test } from "bun:test";
import {
  ChunkReader,
  lastChunk,
  longestChunkHead,
  writeChunkHead,
  writeTrailers,
} from "../../../../src/wire/http/chunks.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";
import { seededRandom } from "../../../property/seed.ts";
import { bytesOf, limits, pairsOf, textOf } from "./exchange-bytes.ts";
import type { Pairs } from "./exchange-bytes.ts";

interface Apart {
  said: string;
  body: string;
  taken: number;
  trailers: Pairs;
}

/** Reads a body in pieces that each come alone, in a buffer of their own. */
function apart(text: string, cuts: readonly number[] = [], reader = new ChunkReader(limits)): Apart {
  const read: Apart = { said: "need-more", body: "", taken: 0, trailers: [] };
  const bytes = bytesOf(text);
  reader.reset();
  for (const [from, end] of pieces(bytes.length, cuts)) {
    const piece = Uint8Array.from([...bytes.subarray(from, end), 0x0d, 0x0a]);
    for (let at = 0; ; at = reader.at) {
      const progress = reader.next(piece, at, end - from);
      if (progress === "data") read.body += textOf(piece.subarray(reader.dataFrom, reader.dataEnd));
      read.taken = from + reader.at;
      if (progress === "need-more") break;
      if (progress === "data") continue;
      read.said = progress === "refused" ? `${reader.fault}@${read.taken}` : progress;
      read.trailers = progress === "done" ? pairsOf(reader.trailers) : [];
      return read;
    }
  }
  return read;
}

/** The same, passed on: what goes out. */
function passed(text: string, cuts: readonly number[] = []): string {
  const reader = new ChunkReader(limits);
  const bytes = bytesOf(text);
  let sent = "";
  for (const [from, end] of pieces(bytes.length, cuts)) {
    const piece = bytes.slice(from, end);
    for (let at = 0; ; at = reader.at) {
      const progress = reader.pass(piece, at, piece.length);
      sent += textOf(piece.subarray(at, reader.passEnd));
      if (progress === "need-more") break;
      if (progress === "refused") return `${sent}!${reader.fault}`;
      if (progress === "gap") continue;
      const into = new Uint8Array(reader.trailers.bytes + 2);
      writeTrailers(reader.trailers, into, 0);
      return sent + textOf(into);
    }
  }
  return sent;
}

function pieces(length: number, cuts: readonly number[]): (readonly [number, number])[] {
  const ends = [...cuts, length];
  return ends.map((end, index) => [ends[index - 1] ?? 0, end] as const);
}

const bodies: readonly [string, string, string, string, string] = [
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\nGET",
  "5\r\nhello\r\nb\r\n, the world\r\n0\r\n\r\n",
  '000A;a=b;c="d;e"\r\n0123456789\r\n1;\r\n!\r\n00;z\r\nX-Sum: 1\r\nContent-Length: 7\r\nHOST: b\r\nY:\r\n\r\nrest',
  "1\r\n\r\r\n2\r\n\r\n\r\n0\r\n\r\n",
];

describe("a chunked body", () => {
  test("is taken apart", () => {
    expect(bodies.map((text) => apart(text))).toEqual([
      { said: "done", body: "", taken: 5, trailers: [] },
      { said: "done", body: "hello", taken: 15, trailers: [] },
      { said: "done", body: "hello, the world", taken: 31, trailers: [] },
      {
        said: "done",
        body: "0123456789!",
        taken: bodies[3].indexOf("rest"),
        trailers: [
          ["x-sum", "1"],
          ["y", ""],
        ],
      },
      { said: "done", body: "\r\r\n", taken: 18, trailers: [] },
    ]);
  });

  test.each([
    ["", "need-more"],
    ["5", "need-more"],
    ["\r\n", "chunk-size@0"],
    [" 5\r\n", "chunk-size@0"],
    ["+5\r\n", "chunk-size@0"],
    ["-5\r\n", "chunk-size@0"],
    ["0x5\r\n", "chunk-size@1"],
    ["5 \r\n", "chunk-size@1"],
    ["5 ;x\r\n", "chunk-size@1"],
    ["5g\r\n", "chunk-size@1"],
    [";x\r\n", "chunk-size@0"],
    ["5\n", "line-end@1"],
    ["5\rx", "line-end@2"],
    ["5;x\n", "line-end@3"],
    ["5;x\0\r\n", "chunk-extension@3"],
    ["5;x\ry\r\n", "line-end@4"],
    [`5;${"x".repeat(1023)}\r\n`, "need-more"],
    [`5;${"x".repeat(1024)}\r\n`, "chunk-extension@1026"],
    [`5;${"x".repeat(3000)}\r\n`, "chunk-extension@1026"],
    ["1\r\nabc", "chunk-end@4"],
    ["1\r\na\n", "chunk-end@4"],
    ["1\r\na\rb", "line-end@5"],
    ["1fffffffffffff\r\n", "need-more"],
    ["20000000000000\r\n", "chunk-too-large@13"],
    ["0000000000000005\r\n", "need-more"],
    ["00000000000000005\r\n", "chunk-too-large@16"],
    ["10000000000000002\r\n", "chunk-too-large@14"],
    ["0\r\nX: y\n", "line-end@7"],
    ["0\r\n X: y\r\n", "folded@3"],
    ["0\r\nX : y\r\n", "field-name@4"],
    ["0\r\nX: \0\r\n", "field-value@6"],
    ["0\r\n\rX", "line-end@4"],
    ["0\r\n\n", "line-end@3"],
    [`0\r\n${"X: y\r\n".repeat(200)}`, `too-many-fields@${3 + 6 * 100}`],
    [`0\r\nX: ${"y".repeat(20_000)}`, "head-too-long@15363"],
  ])("%#: %.40j", (text, said) => {
    const whole = apart(text);
    expect(whole.said).toBe(said);
    expect(
      apart(
        text,
        Array.from({ length: text.length }, (_, at) => at),
      ),
    ).toEqual(whole);
  });

  test("is the same in any pieces, mutated ones too", () => {
    const random = seededRandom("chunks");
    const reader = new ChunkReader(limits);
    for (let round = 0; round < 5000; round++) {
      let text = random.pick(bodies);
      const odd = random.pick(["\r", "\n", "\r\n", "0", "f", ";", ":", "\0", ""]);
      const at = random.between(0, text.length);
      if (random.next() < 0.7) text = text.slice(0, at) + odd + text.slice(at + random.between(0, 2));
      const cuts = Array.from({ length: random.between(1, 8) }, () => random.between(0, text.length));
      const sorted = cuts.toSorted((a, b) => a - b);
      const whole = apart(text);
      expect({ text, sorted, ...apart(text, sorted, reader) }).toEqual({ text, sorted, ...whole });
      if (whole.said !== "done") continue;
      const on = passed(text, sorted);
      expect({ text, sorted, ...apart(on) }).toEqual({ text, sorted, ...whole, taken: on.length });
    }
  });

  test("goes on without extensions and with the trailers that may be", () => {
    expect(bodies.map((text) => passed(text))).toEqual([
      "0\r\n\r\n",
      "5\r\nhello\r\n0\r\n\r\n",
      bodies[2],
      "000A\r\n0123456789\r\n1\r\n!\r\n00\r\nx-sum: 1\r\ny: \r\n\r\n",
      bodies[4],
    ]);
    expect(passed("5\r\nhelloX")).toBe("5\r\nhello!chunk-end");
  });

  test("leaves nothing behind for the next", () => {
    const reader = new ChunkReader(limits);
    expect(apart("0\r\nA: 1\r\n\r\n", [], reader).trailers).toEqual([["a", "1"]]);
    expect(apart("0\r\n\r\n", [], reader).trailers).toEqual([]);
    expect(apart("0\r\nB : 1\r\n\r\n", [], reader).said).toBe("field-name@4");
    expect(apart("5", [], reader).said).toBe("need-more");
    expect(apart("1\r\na\r\n0\r\nC: 1\r\n\r\n", [9], reader)).toMatchObject({ body: "a", trailers: [["c", "1"]] });
  });
});

test("sizes are written as they are read", () => {
  const reader = new ChunkReader(limits);
  const into = new Uint8Array(longestChunkHead);
  for (const size of [0, 1, 9, 10, 15, 16, 255, 256, 65_535, 2 ** 31, 2 ** 32 + 17, Number.MAX_SAFE_INTEGER]) {
    const end = writeChunkHead(size, into, 0);
    expect(textOf(into.subarray(0, end))).toBe(`${size.toString(16)}\r\n`);
    reader.reset();
    reader.next(into, 0, end);
    expect(reader.left).toBe(size);
  }
  expect(writeChunkHead(Number.MAX_SAFE_INTEGER, into, 0)).toBe(longestChunkHead);
});

test("the last chunk is one", () => {
  const fields = new Fields();
  fields.add("x", "y");
  const into = new Uint8Array(fields.bytes + 2);
  expect([writeTrailers(fields, into, 0), textOf(into)]).toEqual([into.length, "x: y\r\n\r\n"]);
  expect(textOf(lastChunk)).toBe("0\r\n\r\n");
});
