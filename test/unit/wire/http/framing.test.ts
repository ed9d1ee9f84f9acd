/** Where messages end and whether connections go on: RFC 9112, and ways to make two readers disagree. */
import { describe, expect, test } from "bun:test";
import { Framing, frameRequest, frameResponse, removePersistence } from "../../../../src/wire/http/framing.ts";
import { HeadReader } from "../../../../src/wire/http/head-reader.ts";
import type { Head } from "../../../../src/wire/http/head.ts";
import { bytesOf, limits, pairsOf, readAll } from "./exchange-bytes.ts";

function headOf(text: string, kind: "request" | "response"): Head {
  const reader = new HeadReader(kind, limits);
  const bytes = bytesOf(text);
  expect(reader.read(bytes, 0, bytes.length)).toBe("whole");
  return reader.head;
}

/** The framing of a request with these lines of fields; all that it says, in words. */
function requested(line: string, ...fields: string[]): string {
  const head = headOf([line, ...fields, "", ""].join("\r\n"), "request");
  const framing = new Framing();
  return frameRequest(head, framing) ?? inWords(framing);
}

function answered(method: string, isUpgrade: boolean, line: string, ...fields: string[]): string {
  const head = headOf([line, ...fields, "", ""].join("\r\n"), "response");
  const framing = new Framing();
  return frameResponse(head, method, isUpgrade, framing) ?? inWords(framing);
}

function inWords(framing: Framing): string {
  const words = [
    framing.body,
    framing.length > 0 ? `${framing.length}` : "",
    framing.isPersistent ? "persistent" : "",
    framing.isUpgrade ? "upgrade" : "",
    framing.expectsContinue ? "continue" : "",
    framing.isInterim ? "interim" : "",
  ];
  return words.filter((word) => word !== "").join(" ");
}

const get = "GET / HTTP/1.1";
const post = "POST / HTTP/1.1";
const old = "POST / HTTP/1.0";
const chunked = "Transfer-Encoding: chunked";

test.each([
  [[get], "none persistent"],
  [[get, "Connection: close"], "none"],
  [[get, "Connection: foo, CLOSE ,keep-alive"], "none"],
  [[get, "Connection: keep-alive", "Connection: close"], "none"],
  [[get, "Connection: closed, xclose"], "none persistent"],
  [["GET / HTTP/1.0"], "none"],
  [["GET / HTTP/1.0", "Connection: Keep-Alive"], "none persistent"],
  [["GET / HTTP/1.0", "Connection: keep-alive, close"], "none"],
  [[post, "Content-Length: 0"], "none persistent"],
  [[post, "Content-Length: 9007199254740991"], "length 9007199254740991 persistent"],
  [[post, chunked], "chunked persistent"],
  [[post, "Transfer-Encoding:\t CHUNKED "], "chunked persistent"],
  [[get, "Host: a", "Host: A"], "none persistent"],
  [["GET * HTTP/1.1", "Host: a"], "none persistent"],
  [[get, "Connection: Upgrade", "Upgrade: websocket"], "none persistent upgrade"],
  [[get, "Upgrade: websocket"], "none persistent"],
  [[post, "Connection: upgrade", "Upgrade: websocket", "Content-Length: 1"], "length 1 persistent"],
  [[get, "Connection: upgrade"], "none persistent"],
  [["GET / HTTP/1.0", "Connection: upgrade", "Upgrade: websocket"], "none"],
  [[post, "Expect: 100-Continue", "Content-Length: 1"], "length 1 persistent continue"],
  [[post, "Expect: 100-continue"], "none persistent"],
  [[old, "Expect: 100-continue", "Content-Length: 1"], "length 1"],
  [["CONNECT a:443 HTTP/1.1", "Host: a:443"], "none persistent"],
  [["CONNECT a:443 HTTP/1.1", "Host: a"], "none persistent"],
  [["CONNECT [::1]:22 HTTP/1.1"], "none persistent"],
  [["CONNECT a:443 HTTP/1.1", "Content-Length: 0"], "none persistent"],
] as const)("request %j: %s", ([line, ...fields], said) => expect(requested(line, ...fields)).toBe(said));

/** Each has, somewhere, a reader that ends the message elsewhere, or sends it to another host, than the next. */
const smuggled: readonly (readonly [readonly [string, ...string[]], string])[] = [
  [[post, "Content-Length: 5", chunked], "length-and-coding"],
  [[post, chunked, "Content-Length: 5"], "length-and-coding"],
  [[post, chunked, "Content-Length: 0"], "length-and-coding"],
  [[old, chunked], "coding-in-1.0"],
  [[old, "Connection: keep-alive", chunked, "Content-Length: 5"], "coding-in-1.0"],
  [[post, "Content-Length: 5", "Content-Length: 6"], "content-length"],
  [[post, "Content-Length: 5, 6"], "content-length"],
  [[post, "Content-Length: 5,"], "content-length"],
  [[post, "Content-Length: ,5"], "content-length"],
  [[post, "Content-Length: 5;6"], "content-length"],
  [[post, "Content-Length:"], "content-length"],
  [[post, "Content-Length: -1"], "content-length"],
  [[post, "Content-Length: +1"], "content-length"],
  [[post, "Content-Length: 1.0"], "content-length"],
  [[post, "Content-Length: 1e1"], "content-length"],
  [[post, "Content-Length: 0x1"], "content-length"],
  [[post, "Content-Length: 1 1"], "content-length"],
  [[post, "Content-Length: \xb2"], "content-length"],
  [[post, 'Content-Length: "1"'], "content-length"],
  [[post, "Content-Length: 9007199254740992"], "content-length"],
  [[post, "Content-Length: 18446744073709551617"], "content-length"],
  [[post, "Transfer-Encoding:"], "transfer-encoding"],
  [[post, "Transfer-Encoding: identity"], "transfer-encoding"],
  [[post, "Transfer-Encoding: gzip, chunked"], "other-coding"],
  [[post, "Transfer-Encoding: gzip", chunked], "other-coding"],
  [[post, "Transfer-Encoding: chunked, identity"], "transfer-encoding"],
  [[post, "Transfer-Encoding: chunked, chunked"], "transfer-encoding"],
  [[post, chunked, chunked], "transfer-encoding"],
  [[post, chunked, "Transfer-Encoding: x"], "transfer-encoding"],
  [[post, chunked, "Transfer-Encoding:"], "transfer-encoding"],
  [[post, "Transfer-Encoding: xchunked"], "transfer-encoding"],
  [[post, "Transfer-Encoding: chunkedx"], "transfer-encoding"],
  [[post, "Transfer-Encoding: , chunked"], "transfer-encoding"],
  [[post, "Transfer-Encoding: chunked,"], "transfer-encoding"],
  [[post, "Transfer-Encoding: chunked;q=1"], "transfer-encoding"],
  [[post, 'Transfer-Encoding: "chunked"'], "transfer-encoding"],
  [[post, 'Transfer-Encoding: x;y="a, chunked'], "transfer-encoding"],
  [[post, "Transfer-Encoding: chun ked"], "transfer-encoding"],
  [[post, "Transfer-Encoding: \xa0chunked"], "transfer-encoding"],
  [[get, "Host: a", "Host: b"], "host"],
  [[get, "Host: a", "Host:"], "host"],
  [["GET http://a/ HTTP/1.1", "Host: b"], "authority"],
  [["GET http://a:81/ HTTP/1.1", "Host: a"], "authority"],
  [["GET http://a@b/ HTTP/1.1", "Host: a"], "authority"],
  [["GET http://a?/b HTTP/1.1", "Host: b"], "authority"],
  [["GET a HTTP/1.1", "Host: a"], "target-form"],
  [["GET a:80 HTTP/1.1", "Host: a"], "target-form"],
  [["GET x://a:80/ HTTP/1.1", "Host: a"], "authority"],
  [["GET http://a?x HTTP/1.1", "Host: a"], "authority"],
  [["GET http:a HTTP/1.1", "Host: a"], "target-form"],
  [["CONNECT / HTTP/1.1", "Host: a"], "target-form"],
  [["CONNECT a HTTP/1.1", "Host: a"], "target-form"],
  [["CONNECT a:b HTTP/1.1", "Host: a"], "target-form"],
  [["CONNECT x@a:1 HTTP/1.1", "Host: a"], "target-form"],
  [["CONNECT a:443 HTTP/1.1", "Host: b"], "authority"],
  [["CONNECT a:22 HTTP/1.1", "Host: a"], "authority"],
  [["CONNECT a:443 HTTP/1.1", "Content-Length: 5"], "connect-body"],
  [["CONNECT a:443 HTTP/1.1", chunked], "connect-body"],
];

test.each(smuggled)("smuggling %j: %s", ([line, ...fields], said) => expect(requested(line, ...fields)).toBe(said));

test.each([
  "Transfer-Encoding\t: chunked\r\n\r\n",
  "Transfer-Encoding:\x0bchunked\r\n\r\n",
  "Transfer-Encoding: chunked\x00\r\n\r\n",
  "Transfer-Encoding\x00: chunked\r\n\r\n",
  "X: y\nTransfer-Encoding: chunked\r\n\r\n",
  "X: y\rTransfer-Encoding: chunked\r\n\r\n",
  "X:\r\n Transfer-Encoding: chunked\r\n\r\n",
  " Transfer-Encoding: chunked\r\n\r\n",
  "\x0bTransfer-Encoding: chunked\r\n\r\n",
  "Transfer\x85Encoding: chunked\r\n\r\n",
  "Transfer-Encoding\r\n: chunked\r\n\r\n",
  "Transfer-Encoding\r\n\r\n",
  "Content-Length: 3\r\r\n\r\n",
  "Content-Length: 3\r\n\rX\r\n\r\n",
  "Content-Length: 3\n\r\n\r\n",
])("smuggling by the line: %j", (lines) => {
  const { messages, fault } = readAll(`POST / HTTP/1.1\r\nHost: a\r\n${lines}0\r\n\r\n`);
  expect(messages).toEqual([]);
  expect(fault).toMatch(/^(?:line-end|folded|field-name|field-value)@/);
});

const ok = "HTTP/1.1 200 OK";

test.each([
  ["GET", false, [ok], "until-close"],
  ["GET", false, [ok, "Content-Length: 3"], "length 3 persistent"],
  ["GET", false, [ok, "Content-Length: 3", "Connection: close"], "length 3"],
  ["GET", false, [ok, "Content-Length: 0"], "none persistent"],
  ["GET", false, [ok, chunked], "chunked persistent"],
  ["GET", false, ["HTTP/1.0 200 OK", "Content-Length: 3"], "length 3"],
  ["GET", false, ["HTTP/1.0 200 OK", "Content-Length: 3", "Connection: keep-alive"], "length 3 persistent"],
  ["GET", false, ["HTTP/1.0 200 OK", "Connection: keep-alive"], "until-close"],
  ["GET", false, [ok, "Transfer-Encoding: gzip"], "transfer-encoding"],
  ["GET", false, [ok, "Transfer-Encoding: gzip, chunked"], "other-coding"],
  ["HEAD", false, [ok, "Content-Length: 3"], "none persistent"],
  ["HEAD", false, [ok, chunked], "none persistent"],
  ["HEAD", false, [ok], "none persistent"],
  ["GET", false, ["HTTP/1.1 304 Not Modified", "Content-Length: 3"], "none persistent"],
  ["GET", false, ["HTTP/1.1 204 No Content", "Content-Length: 3"], "none persistent"],
  ["GET", false, ["HTTP/1.1 204 No Content", chunked], "none persistent"],
  ["GET", false, ["HTTP/1.1 100 Continue"], "none persistent interim"],
  ["GET", false, ["HTTP/1.1 199 X", "Content-Length: 3"], "none persistent interim"],
  ["GET", true, ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"], "tunnel upgrade"],
  ["GET", false, ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"], "upgrade"],
  ["CONNECT", false, [ok, "Content-Length: 3"], "tunnel"],
  ["CONNECT", false, ["HTTP/1.1 299 X", chunked], "tunnel"],
  ["CONNECT", false, ["HTTP/1.1 407 X", "Content-Length: 3"], "length 3 persistent"],
  ["GET", false, [ok, "Content-Length: 3", chunked], "length-and-coding"],
  ["HEAD", false, [ok, "Content-Length: 3, 4"], "content-length"],
  ["GET", false, [ok, "Content-Length: x"], "content-length"],
  ["GET", false, [ok, "Transfer-Encoding: chunked, gzip"], "transfer-encoding"],
  ["GET", false, ["HTTP/1.0 200 OK", chunked], "coding-in-1.0"],
] as const)("answer to %s (upgrade %p) %j: %s", (method, isUpgrade, [line, ...fields], said) => {
  expect(answered(method, isUpgrade, line, ...fields)).toBe(said);
});

describe("the fields afterwards", () => {
  const framing = new Framing();

  test("say each length and host once", () => {
    const head = headOf(
      `${post}\r\nHost: a\r\nContent-Length: 07, 7\r\nX: 1\r\nHost: a\r\nContent-Length: 7\r\n\r\n`,
      "request",
    );
    expect(frameRequest(head, framing)).toBeNull();
    expect(pairsOf(head.fields)).toEqual([
      ["host", "a"],
      ["content-length", "7"],
      ["x", "1"],
    ]);
  });

  // Measured: what HAProxy 2.6.12 sends on.
  test.each([
    ["GET http://a:80/x HTTP/1.1", "a", "GET http://a/x", "a"],
    ["GET http://A:80 HTTP/1.1", "a:80", "GET http://A", "A"],
    ["GET http://a/ HTTP/1.1", "a:80", "GET http://a/", "a:80"],
    ["GET http://u@a:80/ HTTP/1.1", "a", "GET http://u@a/", "a"],
    ["GET https://a:443/x HTTP/1.1", "a:443", "GET https://a/x", "a"],
    ["GET http://a:443/ HTTP/1.1", "a:443", "GET http://a:443/", "a:443"],
    ["GET http://a: HTTP/1.1", "a", "GET http://a", "a"],
    ["GET http://[::1]:80/ HTTP/1.1", "[::1]", "GET http://[::1]/", "[::1]"],
    ["GET / HTTP/1.1", "a:80", "GET /", "a:80"],
    ["CONNECT a:80 HTTP/1.1", "a:80", "CONNECT a:80", "a"],
    ["CONNECT a:22 HTTP/1.1", "a:22", "CONNECT a:22", "a:22"],
    ["CONNECT [::1]:80 HTTP/1.1", "[::1]", "CONNECT [::1]:80", "[::1]"],
  ])("name no port that goes without saying: %s, %s", (line, host, sent, sentHost) => {
    const head = headOf(`${line}\r\nHost: ${host}\r\n\r\n`, "request");
    expect(frameRequest(head, framing)).toBeNull();
    expect([`${head.method} ${head.target}`, head.fields.value(0)]).toEqual([sent, sentHost]);
  });

  test("have no Upgrade beside a body", () => {
    const head = headOf(`${post}\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n`, "request");
    expect(frameRequest(head, framing)).toBeNull();
    expect(pairsOf(head.fields).map(([name]) => name)).toEqual(["connection", "content-length"]);
  });

  test("have no length where an answer has no body of its own", () => {
    for (const status of [100, 199, 204]) {
      const head = headOf(`HTTP/1.1 ${status} X\r\nContent-Length: 3\r\nX: 1\r\n\r\n`, "response");
      expect(frameResponse(head, "GET", false, framing)).toBeNull();
      expect(pairsOf(head.fields)).toEqual([["x", "1"]]);
    }
    const head = headOf("HTTP/1.1 304 X\r\nContent-Length: 3\r\n\r\n", "response");
    expect(frameResponse(head, "GET", false, framing)).toBeNull();
    expect(pairsOf(head.fields)).toEqual([["content-length", "3"]]);
  });

  test("lose what was said of the connection to us alone", () => {
    const head = headOf(
      `${get}\r\nConnection: close\r\nA: 1\r\nConnection: X,Keep-Alive, \tY , close\r\nConnection: Z\r\n\r\n`,
      "request",
    );
    removePersistence(head.fields);
    expect(pairsOf(head.fields)).toEqual([
      ["a", "1"],
      ["connection", "X, Y"],
      ["connection", "Z"],
    ]);
  });

  test("HTTP/1.0 has no upgrades, and none goes on", () => {
    const head = headOf("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "request");
    expect([frameRequest(head, framing), framing.isUpgrade, head.fields.has("upgrade")]).toEqual([null, false, false]);
  });

  test("Connection names no field without which the next reader would see another message", () => {
    const head = headOf(
      `${get}\r\nConnection: Content-Length\r\nConnection: x, transfer-encoding,HOST , te\r\n\r\n`,
      "request",
    );
    removePersistence(head.fields);
    expect(pairsOf(head.fields)).toEqual([["connection", "x, te"]]);
  });

  test("a fault has its place", () => {
    const head = headOf(`${get}\r\nHost: a\r\nHost: b\r\n\r\n`, "request");
    expect([frameRequest(head, framing), framing.faultAt]).toEqual(["host", 25]);
  });
});
