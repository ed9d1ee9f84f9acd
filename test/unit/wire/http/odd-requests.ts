/**
 * Odd requests: how HAProxy 2.6.12 answers each (measured, one a connection, a server behind it that answers 200), what its
 * server saw, and where we differ, why.
 */

export interface OddRequest {
  readonly what: string;
  readonly sent: string;
  /** What HAProxy's server saw; null: it was refused with 400. */
  readonly passed: string | null;
  /** What is wrong for us; absent: we do as HAProxy. */
  readonly fault?: string;
  /** Why we refuse what HAProxy takes. */
  readonly why?: string;
}

const get = "GET / HTTP/1.1\r\n";
const post = "POST / HTTP/1.1\r\nHost: a\r\n";
const posted = "POST / HTTP/1.1\r\nhost: a\r\n";
const got = "GET / HTTP/1.1\r\nhost: a\r\n";
const chunked = "Transfer-Encoding: chunked\r\n\r\n";
const chunkedOn = "transfer-encoding: chunked\r\n\r\n";

const many = Array.from({ length: 101 }, (_, index) => `X${index}: y\r\n`).join("");

export const oddRequests: readonly OddRequest[] = [
  { what: "plain", sent: `${get}Host: a\r\n\r\n`, passed: `${got}\r\n` },
  {
    what: "CL+TE",
    sent: `${post}Content-Length: 6\r\n${chunked}0\r\n\r\nG`,
    passed: `${posted}${chunkedOn}0\r\n\r\n`,
    fault: "length-and-coding",
    why: "one reader takes the length, another the chunks",
  },
  {
    what: "TE+CL 1.0",
    sent: `POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n${chunked}0\r\n\r\n`,
    passed: `POST / HTTP/1.0\r\nhost: a\r\n${chunkedOn}0\r\n\r\n`,
    fault: "coding-in-1.0",
    why: "HTTP/1.0 has no codings: its readers go by the length",
  },
  {
    what: "CL same twice",
    sent: `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`,
    passed: `${posted}content-length: 2\r\n\r\nab`,
  },
  {
    what: "CL list same",
    sent: `${post}Content-Length: 2, 2\r\n\r\nab`,
    passed: `${posted}content-length: 2\r\n\r\nab`,
  },
  { what: "CL +2", sent: `${post}Content-Length: +2\r\n\r\nab`, passed: null, fault: "content-length" },
  { what: "CL 0x2", sent: `${post}Content-Length: 0x2\r\n\r\nab`, passed: null, fault: "content-length" },
  { what: "CL 02", sent: `${post}Content-Length: 02\r\n\r\nab`, passed: `${posted}content-length: 02\r\n\r\nab` },
  {
    what: "TE identity",
    sent: `${post}Transfer-Encoding: identity\r\n\r\n`,
    passed: null,
    fault: "transfer-encoding",
  },
  {
    what: "TE chunked, gzip",
    sent: `${post}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    passed: null,
    fault: "transfer-encoding",
  },
  {
    what: "TE xchunked",
    sent: `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    passed: null,
    fault: "transfer-encoding",
  },
  {
    what: "TE space colon",
    sent: `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    passed: null,
    fault: "field-name",
  },
  {
    what: "obs-fold",
    sent: `${get}Host: a\r\nX: a\r\n b\r\n\r\n`,
    passed: `${got}x: a   b\r\n\r\n`,
    fault: "folded",
    why: "one reader joins the lines, another takes the second for a field",
  },
  {
    what: "leading space first header",
    sent: `${get} X: a\r\nHost: a\r\n\r\n`,
    passed: null,
    fault: "folded",
  },
  {
    what: "bare LF",
    sent: "GET / HTTP/1.1\nHost: a\n\n",
    passed: `${got}\r\n`,
    fault: "line-end",
    why: "not every reader ends a line there",
  },
  { what: "bare CR in value", sent: `${get}Host: a\r\nX: a\rb\r\n\r\n`, passed: null, fault: "line-end" },
  {
    what: "NUL in value",
    sent: `${get}Host: a\r\nX: a\0b\r\n\r\n`,
    passed: `${got}x: a\0b\r\n\r\n`,
    fault: "field-value",
    why: "a value ends there for readers in C",
  },
  { what: "NUL in name", sent: `${get}Host: a\r\nX\0: a\r\n\r\n`, passed: null, fault: "field-name" },
  { what: "no colon", sent: `${get}Host: a\r\nXa\r\n\r\n`, passed: null, fault: "field-name" },
  { what: "8-bit name", sent: `${get}Host: a\r\nX\xe4: 1\r\n\r\n`, passed: null, fault: "field-name" },
  { what: "two Host same", sent: `${get}Host: a\r\nHost: a\r\n\r\n`, passed: `${got}\r\n` },
  { what: "two Host", sent: `${get}Host: a\r\nHost: b\r\n\r\n`, passed: null, fault: "host" },
  { what: "Host bad chars", sent: `${get}Host: a b\r\n\r\n`, passed: `${get}host: a b\r\n\r\n` },
  {
    what: "absolute URI match",
    sent: "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
    passed: "GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n",
  },
  { what: "authority GET", sent: "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", passed: null, fault: "target-form" },
  {
    what: "OPTIONS *",
    sent: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    passed: "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
  },
  { what: "8-bit URI", sent: "GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n", passed: null, fault: "target" },
  {
    what: "two spaces",
    sent: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    passed: `${got}\r\n`,
    fault: "target",
    why: "one reader skips them, another has an empty target",
  },
  {
    what: "trailing space version",
    sent: "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    passed: null,
    fault: "version",
  },
  {
    what: "HTTP/1.2",
    sent: "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    passed: `${got}\r\n`,
    fault: "version",
    why: "nobody can say what holds in it",
  },
  { what: "HTTP/0.9", sent: "GET /\r\n\r\n", passed: null, fault: "target" },
  {
    what: "h2 preface",
    sent: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    passed: null,
    fault: "http2-preface",
    why: "HAProxy speaks it, we refuse it with 505",
  },
  { what: "leading CRLF x3", sent: `\r\n\r\n\r\n${get}Host: a\r\n\r\n`, passed: `${got}\r\n` },
  { what: "method odd", sent: "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", passed: null, fault: "method" },
  {
    what: "chunk plain",
    sent: `${post}${chunked}2\r\nab\r\n0\r\n\r\n`,
    passed: `${posted}${chunkedOn}2\r\nab\r\n0\r\n\r\n`,
  },
  {
    what: "chunk ext",
    sent: `${post}${chunked}2;x=y\r\nab\r\n0\r\n\r\n`,
    passed: `${posted}${chunkedOn}2\r\nab\r\n0\r\n\r\n`,
  },
  {
    what: "chunk bare LF",
    sent: `${post}${chunked}2\nab\n0\n\n`,
    passed: `${posted}${chunkedOn}2\r\nab\r\n0\r\n\r\n`,
    fault: "line-end",
    why: "not every reader ends a line there",
  },
  { what: "chunk +2", sent: `${post}${chunked}+2\r\nab\r\n0\r\n\r\n`, passed: null, fault: "chunk-size" },
  {
    what: "chunk overflow",
    sent: `${post}${chunked}10000000000000002\r\nab\r\n0\r\n\r\n`,
    passed: null,
    fault: "chunk-too-large",
  },
  {
    what: "trailers",
    sent: `${post}Transfer-Encoding: chunked\r\nTrailer: x\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n`,
    passed: `${posted}transfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nab\r\n0\r\nx: y\r\n\r\n`,
  },
  {
    what: "header 20k",
    sent: `${get}Host: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`,
    passed: null,
    fault: "head-too-long",
  },
  { what: "101 headers", sent: `${get}Host: a\r\n${many}\r\n`, passed: null, fault: "too-many-fields" },
  {
    what: "Connection: Host",
    sent: `${get}Host: a\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\n\r\n`,
    passed: `${got}connection: X-Secret\r\nx-secret: 1\r\nkeep-alive: 5\r\nproxy-connection: x\r\nte: trailers\r\n\r\n`,
  },
  {
    what: "Upgrade h2c",
    sent: `${get}Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
    passed: `${got}connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
  },
  {
    what: "Expect other",
    sent: `${post}Expect: foo\r\nContent-Length: 2\r\n\r\nab`,
    passed: `${posted}expect: foo\r\ncontent-length: 2\r\n\r\nab`,
  },
  {
    what: "pipelined",
    sent: "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
    passed: "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n",
  },
  { what: "partial then FIN", sent: "GET / HTTP/1.1\r\nHo", passed: null, fault: "" },
];
