import { expect, test } from "bun:test";
import { LineBytes } from "../../../../src/line-bytes.ts";
import { putHttpLogLine } from "../../../../src/rules/format/http-log-bytes.ts";
import { httpLogLine } from "../../../../src/rules/format/log-alias.ts";
import type { HttpRecord, SessionRecord } from "../../../../src/session-record.ts";
import { record } from "../session.ts";

const usual: HttpRecord = {
  requestLine: "GET /a?b HTTP/1.1",
  method: "GET",
  target: "/a?b",
  version: "HTTP/1.1",
  status: 200,
  idleMs: 30,
  requestMs: 5,
  responseMs: 40,
  activeMs: 60,
  requestCookie: null,
  responseCookie: null,
  capturedRequest: [],
  capturedResponse: [],
  cookieState: "--",
};

/** The text of the bytes; null: they were refused. */
function bytesOf(http: Partial<HttpRecord>, given: Partial<SessionRecord>): string | null {
  const line = new LineBytes();
  putHttpLogLine(record({ ...given, http: { ...usual, ...http } }), line);
  return line.isSound ? String(line) : null;
}

test.each([
  [{}, {}],
  [{ status: -1, requestMs: -1, responseMs: -1, activeMs: 0, requestLine: "<BADREQ>", idleMs: -1 }, { server: null }],
  [{ requestCookie: "SRV=a", responseCookie: "b" }, { unfinished: true }],
  [{}, { tls: { protocol: "TLSv1.3", cipher: "(NONE)" } }],
  [{ requestCookie: "" }, { redispatched: true, retries: 3, bytesOut: 2 ** 40 }],
  [{ requestLine: "GET /a?b HTT" }, {}],
  [{ idleMs: -1 }, { acceptedAt: 1_700_000_000_007.9 }],
  [{ idleMs: 3 }, { acceptedAt: 1_700_000_000_070, handshakeMs: 1 }],
  [{ idleMs: 0 }, { acceptedAt: 1_700_000_000_999 }],
  [{}, { client: { kind: "unix", path: "/s" } as const, listenerId: 7 }],
  [{}, { client: { kind: "tcp", host: "::1", port: 65_535 } as const }],
])("the bytes are those of the line (%#)", (http, given) => {
  expect(bytesOf(http, given)).toBe(httpLogLine(record({ ...given, http: { ...usual, ...http } })));
});

test.each([
  [{ requestLine: 'GET /" HTTP/1.1' }, {}],
  [{ requestLine: "GET /# HTTP/1.1" }, {}],
  [{ requestLine: 'GET /"" HTTP/1.1', target: '/""' }, {}],
  [{ requestLine: "G# /a?b HTTP/1.1", method: "G#" }, {}],
  [{ requestLine: "GET /\x01 HTTP/1.1" }, {}],
  [{ requestCookie: "a\nb" }, {}],
  [{ responseCookie: "\xe9" }, {}],
  [{ capturedRequest: [null] }, {}],
  [{ capturedResponse: ["x"] }, {}],
  [{}, { http: null }],
])("what has to be escaped, or is no exchange, is refused (%#)", (http, given) => {
  const line = new LineBytes();
  putHttpLogLine(record({ http: { ...usual, ...http }, ...given }), line);
  expect(line.isSound).toBe(false);
});
