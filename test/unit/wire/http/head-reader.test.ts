/** Heads, read strictly and in any pieces. */
import { describe, expect, test } from "bun:test";
import { HeadReader } from "../../../../src/wire/http/head-reader.ts";
import type { HeadKind, HeadLimits } from "../../../../src/wire/http/head-reader.ts";
import { seededRandom } from "../../../property/seed.ts";
import { bytesOf, limits, pairsOf, readAll, written } from "./exchange-bytes.ts";
import type { Side } from "./exchange-bytes.ts";
import { oddRequests } from "./odd-requests.ts";
import { browserRequest, gitRequest, requests, responses } from "./sound-messages.ts";

function headOf(text: string, kind: HeadKind = "request", own: Partial<HeadLimits> = {}, acceptInvalid = false) {
  const reader = new HeadReader(kind, { ...limits, ...own }, acceptInvalid);
  const bytes = bytesOf(text);
  const progress = reader.read(bytes, 0, bytes.length);
  return { reader, head: reader.head, said: reader.fault === null ? progress : `${reader.fault}@${reader.faultAt}` };
}

describe("a request's head", () => {
  test("has its parts", () => {
    const { head, said } = headOf(
      "\r\nPROPFIND /x?y=1 HTTP/1.0\r\nHOST: a\r\nX-Empty:\r\nX-Sp: \t b  c\t \r\n\r\nrest",
    );
    expect(said).toBe("whole");
    expect([head.method, head.target, head.version, head.status, head.reason]).toEqual([
      "PROPFIND",
      "/x?y=1",
      10,
      0,
      "",
    ]);
    expect(pairsOf(head.fields)).toEqual([
      ["host", "a"],
      ["x-empty", ""],
      ["x-sp", "b  c"],
    ]);
    expect(head.size).toBe(65);
    expect(written(head)).toBe("PROPFIND /x?y=1 HTTP/1.0\r\nhost: a\r\nx-empty: \r\nx-sp: b  c\r\n\r\n");
  });

  test("goes on as it came, names in lower case", () => {
    for (const request of [gitRequest, browserRequest]) {
      const lower = request.replaceAll(/^[\w-]+(?=: )/gm, (name) => name.toLowerCase());
      expect(written(headOf(request).head)).toBe(lower);
    }
  });

  test("is the next one's once it was read", () => {
    const text = "GET /1 HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n\r\nPUT /2 HTTP/1.0\r\nC: 3\r\n\r\n";
    const bytes = bytesOf(text);
    const reader = new HeadReader("request", limits);
    expect(reader.read(bytes, 0, bytes.length)).toBe("whole");
    const [first, name] = [reader.head.target, reader.head.fields.name(0)];
    expect(reader.read(bytes, reader.head.size, bytes.length)).toBe("whole");
    expect([first, name, reader.head.target, reader.head.method, reader.skipped]).toEqual(["/1", "a", "/2", "PUT", 2]);
    expect(pairsOf(reader.head.fields)).toEqual([["c", "3"]]);
  });

  test("does not need the caller's buffer once it is whole", () => {
    const bytes = bytesOf("GET /1 HTTP/1.1\r\nA: 1\r\n\r\n");
    const reader = new HeadReader("request", limits);
    reader.read(bytes, 0, bytes.length);
    bytes.fill(0);
    expect(written(reader.head)).toBe("GET /1 HTTP/1.1\r\na: 1\r\n\r\n");
  });

  test.each([
    ["GET / HTTP/1.1\r\nA: 1\r\n", "need-more"],
    ["", "need-more"],
    ["\n", "line-end@0"],
    ["\rG", "line-end@1"],
    ["\r\n\rG", "line-end@3"],
    [" GET / HTTP/1.1\r\n", "method@0"],
    ["GET\t/ HTTP/1.1\r\n", "method@3"],
    ["GET\r\n", "method@3"],
    ["GET \r\n", "target@4"],
    ["GET /\tHTTP/1.1\r\n", "target@5"],
    ["GET /a#b HTTP/1.1\r\n", "target@6"],
    ["GET /\x7f HTTP/1.1\r\n", "target@5"],
    ["GET /  HTTP/1.1\r\n", "version@6"],
    ["GET / http/1.1\r\n", "version@6"],
    ["GET / HTTP/2.0\r\n", "version@11"],
    ["PRI * HTTP/1.1\r\n\r\n", "method@0"],
    ["PRI / HTTP/1.0\r\n\r\n", "method@0"],
    ["PRI /* HTTP/2.0\r\n\r\n", "version@12"],
    ["PRI * HTTP/2.0", "http2-preface@11"],
    ["GET / HTTP/1.10\r\n", "version@14"],
    ["GET / HTTP/1.1\n", "line-end@14"],
    ["GET / HTTP/1.1\r\r\n", "line-end@15"],
    ["GET / HTTP/1.1\r\n\rA", "line-end@17"],
    ["GET / HTTP/1.1\r\n\n", "line-end@16"],
    ["GET / HTTP/1.1\r\n: a\r\n", "field-name@16"],
    ["GET / HTTP/1.1\r\nA B: a\r\n", "field-name@17"],
    ["GET / HTTP/1.1\r\nA\r\n", "field-name@17"],
    ["GET / HTTP/1.1\r\n\tA: 1\r\n", "folded@16"],
    ["GET / HTTP/1.1\r\nA: 1\r\n \r\n", "folded@22"],
    ["GET / HTTP/1.1\r\nA: \r\n 1\r\n", "folded@21"],
    ["GET / HTTP/1.1\r\nA: \x01\r\n", "field-value@19"],
    ["GET / HTTP/1.1\r\nA: b\x7f\r\n", "field-value@20"],
    ["GET / HTTP/1.1\r\nA: b\x0b\r\n", "field-value@20"],
    ["GET / HTTP/1.1\r\nA: b\n\r\n", "line-end@20"],
    ["GET / HTTP/1.1\r\nA: b\rc\r\n", "line-end@21"],
    ["GET / HTTP/1.1\r\nA: \x80\xff\t.\r\n\r\n", "whole"],
  ])("%j: %s", (text, said) => expect(headOf(text).said).toBe(said));

  test("with names and targets that only accept-invalid-http-request lets through", () => {
    const taken = ["GET /\xe4#b HTTP/1.1\r\nX\xe4: 1\r\n\r\n", "GET /{|} HTTP/1.1\r\nA[@]: 1\r\n\r\n"];
    expect(taken.map((text) => headOf(text, "request", {}, true).said)).toEqual(["whole", "whole"]);
    const refused = [
      "GET /\0 HTTP/1.1\r\n",
      "GET / HTTP/1.2\r\n",
      "GET /\r\n",
      "GET / RTSP/1.0\r\n",
      "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n",
      "GET / HTTP/1.1\r\nContent-Length\0: 1\r\n",
      "GET / HTTP/1.1\r\nA\tB: 1\r\n",
      "GET / HTTP/1.1\r\nA: \0\r\n",
      "GET / HTTP/1.1\nA: 1\n\n",
    ];
    expect(refused.map((text) => headOf(text, "request", {}, true).said.replace(/@.*/, ""))).toEqual(
      "target version target version field-name field-name field-name field-value line-end".split(" "),
    );
  });

  test("has limits", () => {
    const line = "GET /abc HTTP/1.1\r\n";
    expect(headOf(`${line}A: 1\r\n\r\n`, "request", { bytes: 27 }).said).toBe("whole");
    expect(headOf(`${line}A: 1\r\n\r\n`, "request", { bytes: 26 }).said).toBe("head-too-long@26");
    expect(headOf("\r\n".repeat(13), "request", { bytes: 26 }).said).toBe("head-too-long@26");
    expect(headOf(`${line}\r\n`, "request", { target: 4 }).said).toBe("whole");
    expect(headOf(line, "request", { target: 3 }).said).toBe("target-too-long@7");
    expect(headOf("GET /abc", "request", { target: 3 }).said).toBe("target-too-long@7");
    const fields = (count: number): string => `${line}${"A: 1\r\n".repeat(count)}\r\n`;
    expect(headOf(fields(mostFields), "request").said).toBe("whole");
    expect(headOf(fields(mostFields + 1), "request").said).toBe(`too-many-fields@${19 + 6 * mostFields}`);
  });

  test("stays refused until it is forgotten", () => {
    const { reader } = headOf("GET / HTTP/9.9\r\n");
    const sound = bytesOf("GET / HTTP/1.1\r\n\r\n");
    expect(reader.read(sound, 0, sound.length)).toBe("refused");
    reader.reset();
    expect(reader.read(sound, 0, sound.length)).toBe("whole");
  });
});

/** Fields that HAProxy takes where `tune.http.maxhdr` is 101 (measured). */
const mostFields = 100;

describe("a response's head", () => {
  test("has its parts", () => {
    const { head, said } = headOf("HTTP/1.1 418 I'm  a\tteapot \r\nA: 1\r\n\r\n", "response");
    expect(said).toBe("whole");
    expect([head.version, head.status, head.reason, head.method, head.target]).toEqual([
      11,
      418,
      "I'm  a\tteapot ",
      "",
      "",
    ]);
    expect(written(head)).toBe("HTTP/1.1 418 I'm  a\tteapot \r\na: 1\r\n\r\n");
    expect(written(headOf("HTTP/1.0 200\r\n\r\n", "response").head)).toBe("HTTP/1.0 200 \r\n\r\n");
  });

  test.each([
    ["\r\nHTTP/1.1 200 OK\r\n", "version@0"],
    ["HTTP/1.1 99 X\r\n", "status@11"],
    ["HTTP/1.1 099 X\r\n", "status@9"],
    ["HTTP/1.1 2000 X\r\n", "status@12"],
    ["HTTP/1.1  200 X\r\n", "status@9"],
    ["HTTP/1.1\t200 X\r\n", "version@8"],
    ["HTTP/1.2 200 X\r\n", "version@7"],
    ["HTTP/2 200 X\r\n", "version@5"],
    ["ICY 200 OK\r\n", "version@0"],
    ["HTTP/1.1 200 \0\r\n", "reason@13"],
    ["HTTP/1.1 200 a\n", "line-end@14"],
    ["HTTP/1.1 200\n", "line-end@12"],
    ["HTTP/1.1 200 a\rb\r\n", "line-end@15"],
    ["HTTP/1.1 200 \xe4\r\n\r\n", "whole"],
  ])("%j: %s", (text, said) => expect(headOf(text, "response").said).toBe(said));
});

describe("bytes in any pieces", () => {
  const random = seededRandom("http pieces");
  const streams: readonly (readonly [string, Side])[] = [
    ...requests.map((text) => [text, "request"] as const),
    ...responses.map(({ sent, methods }) => [sent, methods] as const),
    ...oddRequests.filter(({ sent }) => sent.length < 2000).map(({ sent }) => [sent, "request"] as const),
  ];

  test("read as in one, whatever stands behind", () => {
    for (const [text, side] of streams) {
      const whole = readAll(text, side);
      const each = Array.from({ length: text.length }, (_, at) => at);
      expect(readAll(text, side, each, 0x0a)).toEqual(whole);
      for (let round = 0; round < 40; round++) {
        const cuts = Array.from({ length: random.between(1, 6) }, () => random.between(0, text.length));
        const sorted = cuts.toSorted((a, b) => a - b);
        expect({ text, sorted, read: readAll(text, side, sorted, random.between(0, 255)) }).toEqual({
          text,
          sorted,
          read: whole,
        });
      }
    }
  });

  test("mutated, do not throw, and read as in one", () => {
    for (let round = 0; round < 6000; round++) {
      const [text, side] = random.pick(streams);
      const mutant = mutated(text);
      const whole = readAll(mutant, side);
      expect(whole.taken).toBeLessThanOrEqual(mutant.length);
      const cut = random.between(0, mutant.length);
      expect({ mutant, cut, read: readAll(mutant, side, [cut], 0x0d) }).toEqual({ mutant, cut, read: whole });
    }
  });

  function mutated(text: string): string {
    let mutant = text;
    for (let times = random.between(1, 4); times > 0; times--) {
      const at = random.between(0, mutant.length);
      const odd = random.pick([
        "\r",
        "\n",
        "\0",
        " ",
        "\t",
        ":",
        ",",
        ";",
        "\x80",
        "0",
        "f",
        "\r\n",
        "chunked",
        "\r\n\r\n",
      ]);
      const gone = random.pick([0, 0, 1, 2, 20]);
      mutant = mutant.slice(0, at) + random.pick([odd, ""]) + mutant.slice(at + gone);
    }
    return mutant;
  }
});
