/** Bodies through zlib: any sizes, any splits, whatever they come in; and what is counted and given back. */
import { describe, expect, spyOn, test } from "bun:test";
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { BodyFlow } from "../../../../src/http/bytes/body-flow.ts";
import { Inbox } from "../../../../src/http/bytes/inbox.ts";
import { Outgoing } from "../../../../src/http/bytes/outgoing.ts";
import { Compression } from "../../../../src/http/compression/compression.ts";
import { Deflater } from "../../../../src/http/compression/deflater.ts";
import {
  type CompressionAlgorithm,
  compressionAlgorithms,
  compressionLimits,
} from "../../../../src/plan/compression.ts";
import { CompressionUse } from "../../../../src/proxy/process/compression-use.ts";
import { CompressionCounters } from "../../../../src/proxy/process/http-counters.ts";
import { Sink } from "../sink.ts";

const limits = { bytes: 1024, fields: 20, target: 100 };
const inverse = {
  identity: (bytes: Buffer) => bytes,
  gzip: gunzipSync,
  deflate: inflateSync,
  "raw-deflate": inflateRawSync,
};

/** The same numbers again and again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}

/** A body whose chunks were taken apart: all of them have bytes, and what stands behind the last one. */
function unchunked(text: string): { body: Buffer; rest: string } {
  const parts: string[] = [];
  for (let at = 0; ;) {
    const line = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return { body: Buffer.from(parts.join(""), "latin1"), rest: text.slice(line + 2) };
    parts.push(text.slice(line + 2, line + 2 + size));
    expect(text.slice(line + 2 + size, line + 4 + size)).toBe("\r\n");
    at = line + 4 + size;
  }
}

function begin(algorithm: CompressionAlgorithm, use = new CompressionUse()) {
  const counters = [new CompressionCounters(), new CompressionCounters()] as const;
  const compression = Compression.begin(algorithm, use, counters);
  if (compression === null) throw new Error("it may not begin");
  return { compression, counters, use };
}

/** What goes on of `wire` when it comes in the pieces that `next` says. */
function send(compression: Compression, wire: Buffer, kind: "length" | "chunked", length: number, next: () => number) {
  const [body, inbox, out, sink] = [new BodyFlow(), new Inbox(), new Outgoing(), new Sink()];
  body.begin(kind, length, limits);
  body.coder = compression;
  for (let at = 0; at < wire.length;) {
    const piece = Buffer.from(wire.subarray(at, at + next()));
    at += piece.length;
    inbox.give(piece, piece.length);
    out.begin(sink);
    expect(body.pass(inbox, out)).toBe(true);
    out.end();
    inbox.keep();
    piece.fill(0);
  }
  expect(body.isDone).toBe(true);
  return unchunked(sink.text);
}

function chunkedText(bytes: Buffer, next: () => number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + next());
    at += part.length;
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from("0\r\nX-Sum: 1\r\n\r\n")]);
}

describe("a body comes out as it was", () => {
  for (const algorithm of compressionAlgorithms) {
    test(`${algorithm}, of any size in any pieces`, () => {
      const pick = random(algorithm.length);
      for (const most of [1, 10, 1000, 70_000, 200_000]) {
        for (let round = 0; round < 6; round++) {
          const size = 1 + pick(most);
          const spread = [2, 256][round % 2] as number;
          const bytes = Buffer.from(Array.from({ length: size }, () => pick(spread)));
          const step = 1 + pick(Math.max(1, size >> (round % 3)));
          const next = () => 1 + pick(step);
          const kind = round < 3 ? "length" : "chunked";
          const wire = kind === "length" ? bytes : chunkedText(bytes, next);
          const { compression, counters, use } = begin(algorithm);
          const { body, rest } = send(compression, wire, kind, size, next);
          expect(inverse[algorithm](body).equals(bytes)).toBe(true);
          expect(rest).toBe(kind === "length" ? "\r\n" : "x-sum: 1\r\n\r\n");
          expect(compression.takeCount()).toBe(size);
          const isIdentity = algorithm === "identity";
          for (const one of counters) {
            expect({ ...one }).toMatchObject({
              bytesIn: isIdentity ? 0 : size,
              bytesOut: isIdentity ? 0 : body.length,
              bytesPassed: isIdentity ? size : 0,
              answers: 1,
            });
          }
          expect(use.zlibBytes).toBe(0);
        }
      }
    });
  }
});

describe("what is there goes out", () => {
  test("behind each piece, and an empty chunk ends a body of chunks without bytes", () => {
    const { compression } = begin("raw-deflate");
    const [body, inbox, out, sink] = [new BodyFlow(), new Inbox(), new Outgoing(), new Sink()];
    body.begin("length", 10, limits);
    body.coder = compression;
    const give = (text: string): void => {
      inbox.give(Buffer.from(text), text.length);
      out.begin(sink);
      body.pass(inbox, out);
      out.end();
    };
    give("hello");
    const { body: first } = unchunked(`${sink.text}0\r\n\r\n`);
    expect(inflateRawSync(Buffer.concat([first, Buffer.from([3, 0])])).toString()).toBe("hello");
    give("world");
    expect(inflateRawSync(unchunked(sink.text).body).toString()).toBe("helloworld");
    const empty = begin("gzip").compression;
    expect(gunzipSync(send(empty, Buffer.from("0\r\n\r\n"), "chunked", 0, () => 2).body).length).toBe(0);
  });

  test("a piece that says nothing of the body makes no chunk", () => {
    const { compression } = begin("gzip");
    const [body, inbox, out, sink] = [new BodyFlow(), new Inbox(), new Outgoing(), new Sink()];
    body.begin("chunked", 0, limits);
    body.coder = compression;
    inbox.give(Buffer.from("5\r"), 2);
    out.begin(sink);
    body.pass(inbox, out);
    out.end();
    expect(sink.text).toBe("");
    compression.close();
  });
});

describe("limits", () => {
  test("zlib's memory goes with it, whole or not", () => {
    using closing = spyOn(Deflater.prototype, "close");
    const [whole, cut] = [begin("gzip").compression, begin("gzip").compression];
    send(whole, Buffer.from("hello"), "length", 5, () => 2);
    expect(closing).toHaveBeenCalledTimes(1);
    const out = new Outgoing();
    out.begin(new Sink());
    cut.put(out, Buffer.from("a"), 0, 1);
    cut.close();
    cut.close();
    expect(closing).toHaveBeenCalledTimes(2);
  });

  test("a place is held from the beginning, and given back once, whole or not", () => {
    const use = new CompressionUse();
    use.limits = { ...compressionLimits, zlibBytes: 600_000 };
    const [one, two] = [begin("gzip", use), begin("deflate", use)];
    expect(use.zlibBytes).toBe(524_288);
    expect(Compression.begin("gzip", use, [])).toBeNull();
    expect(Compression.begin("identity", use, [])).not.toBeNull();
    one.compression.close();
    one.compression.close();
    expect(use.zlibBytes).toBe(262_144);
    const out = new Outgoing();
    out.begin(new Sink());
    expect(() => one.compression.put(out, Buffer.from("a"), 0, 1)).toThrow("closed");
    two.compression.close();
    expect(use.zlibBytes).toBe(0);
  });

  test.each(["gzip", "deflate", "raw-deflate"] as const)(
    "%s: over the rate less is done, under it more again, and all of it comes out",
    (algorithm) => {
      const use = new CompressionUse();
      use.limits = { ...compressionLimits, level: 2 };
      const { compression, counters } = begin(algorithm, use);
      const [out, sink] = [new Outgoing(), new Sink()];
      const text = Buffer.from("a line of text\n".repeat(100));
      const levels: boolean[] = [];
      const sizes: boolean[] = [];
      for (let piece = 0; piece < 8; piece++) {
        use.bytesPerSecond = piece < 5 ? 1 : 0;
        const before = counters[0].bytesPassed;
        const sent = sink.text.length;
        out.begin(sink);
        compression.put(out, text, 0, text.length);
        compression.flush(out);
        out.end();
        levels.push(counters[0].bytesPassed > before);
        sizes.push(sink.text.length - sent > text.length);
      }
      out.begin(sink);
      compression.finish(out);
      out.end();
      expect(levels).toEqual([false, false, true, true, true, true, false, false]);
      expect(sizes).toEqual(levels);
      expect(inverse[algorithm](unchunked(`${sink.text}0\r\n\r\n`).body).toString()).toBe(text.toString().repeat(8));
      expect(counters[0]).toMatchObject({ bytesIn: text.length * 4, bytesPassed: text.length * 4, answers: 1 });
    },
  );
});
