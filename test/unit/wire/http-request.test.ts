/** The head of an HTTP/1 request among raw bytes, held against what HAProxy 2.6.12 made of them in mode tcp. */
import { describe, expect, test } from "bun:test";
import { parseHttpRequest } from "../../../src/wire/http-request.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** What `req.proto_http` said: true, false, or nothing before the inspect-delay had passed. */
const measured = {
  found: [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\n\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET /\r\n",
    "GET /\r\n\r\n",
    "GET  /  HTTP/1.1\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\n\r\n",
    "FOO / HTTP/1.1\r\n\r\n",
    "get / HTTP/1.1\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "GET / HTTP/1.5\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/11\r\n\r\n",
    "GET / FTP/1.1\r\n\r\n",
    "GET / RTSP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo: \x01\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo: \x00\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
    "CONNECT a:22 HTTP/1.1\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\n\r\n",
    "GET foo HTTP/1.1\r\n\r\n",
    "GET / \r\n\r\n",
    "GET / HTTP\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo: a\x80\r\n\r\n",
    "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nHost: A\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / GTTP/1.1\r\n\r\n",
    "GET / XYZ\r\n\r\n",
    "GET / HTTP/\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "GET /  HTTP/1.1\r\n\r\n",
    "\n\nGET / HTTP/1.1\r\n\r\n",
    "GET http:// HTTP/1.1\r\n\r\n",
    "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\nmore",
    "GET / HTTP/1.1\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n",
  ],
  none: [
    "SSH-2.0-OpenSSH_9\r\n",
    "SSH-2.0-x y\r\n",
    "\x16\x03\x01\x00\x05",
    "\x00",
    " GET / HTTP/1.1\r\n\r\n",
    "GET / http/1.1\r\n\r\n",
    "GET / HTTP/1.1 \r\n\r\n",
    "GET / HTTP/a.b\r\n\r\n",
    "GET \xff HTTP/1.1\r\n\r\n",
    "GET /a b HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    "GET / HTTP/1.1\r\n: x\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo\r\n\r\n",
    "GET / HTTP/1.1\r\n foo: a\r\n\r\n",
    "GET / HTTP/1.1\r\nfoo : a\r\n\r\n",
    "G@T / HTTP/1.1\r\n\r\n",
    'G"T / HTTP/1.1\r\n\r\n',
    "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: foo\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\rX",
    "GET / HTTP/1.1\r\n\rX",
    "GET\r\n",
    "GET \r\n",
    "GET / HTTP/1.1\r\nfo\x80o: a\r\n\r\n",
    "GET /\x01 HTTP/1.1\r\n\r\n",
    "GET /\x7f HTTP/1.1\r\n\r\n",
    "GET /# HTTP/1.1\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
    "CONNECT a:22 HTTP/1.1\r\nHost: b\r\n\r\n",
    "CONNECT a:22 HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "GET / Q:\r\n\r\n",
    "GET ://a HTTP/1.1\r\nhost: b\r\n\r\n",
    "\r\rGET",
    "\xff",
    "abc:",
    "*1\r\n$4\r\nPING\r\n",
    "EHLO x\r\n",
  ],
  "need-more": [
    "G",
    "GET",
    "GET ",
    "GET /",
    "GET / HTTP/1.1",
    "GET / HTTP/1.1\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n",
    "SSH-2.0",
    "\r\n",
    "PRI * HTTP/2.0\r\n",
    "\r",
    "\r\n\r",
  ],
} as const;

describe.each(Object.entries(measured))("%s", (state, heads) => {
  test.each(heads.map((head) => [head]))("%j", (head) =>
    expect<string>(parseHttpRequest(bytes(head)).state).toBe(state),
  );
});

test("says what it found", () => {
  expect(
    parseHttpRequest(bytes("\r\nPOST /a?b HTTP/1.1\r\nHost:  x.example \r\nFolded: a\r\n\t b\r\n\r\nbody")),
  ).toEqual({
    state: "found",
    found: {
      method: "POST",
      uri: "/a?b",
      version: "1.1",
      headers: [
        { name: "host", value: "x.example" },
        { name: "folded", value: "a \t b" },
      ],
    },
  });
  expect(parseHttpRequest(bytes("GET /\r\n"))).toMatchObject({ found: { version: "1.0", headers: [] } });
});

test.each([
  [98, "found"],
  [99, "none"],
])("%d headers: %s", (count, state) =>
  expect<string>(parseHttpRequest(bytes(`GET / HTTP/1.1\r\n${"a: b\r\n".repeat(count)}\r\n`)).state).toBe(state),
);

test("any beginning of a head waits, and never says something else later", () => {
  const whole = "GET /path HTTP/1.1\r\nHost: git.example\r\nUser-Agent: curl/8\r\n\r\n";
  for (let length = 0; length < whole.length; length += 1) {
    expect(parseHttpRequest(bytes(whole.slice(0, length)))).toEqual({ state: "need-more" });
  }
});
