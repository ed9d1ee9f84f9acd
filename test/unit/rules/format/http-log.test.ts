/** Lines of exchanges as HAProxy 2.6.12 wrote them, but for control characters and quotes, which never end a line or a field here. */
import { describe, expect, test } from "bun:test";
import { readText } from "../../../cases/case.ts";
import { compileLogFormat } from "../../../../src/rules/format/log-format.ts";
import type { HttpRecord, SessionRecord } from "../../../../src/session-record.ts";
import { httpLogFormat, httpLogLine } from "../../../../src/rules/format/log-alias.ts";
import type { TlsFacts } from "../../../../src/tls-facts.ts";
import { failed, tlsFacts } from "../../tls-scene.ts";
import { format, record, session, tables } from "../session.ts";

function exchange(given: Partial<HttpRecord> = {}): HttpRecord {
  return {
    requestLine: 'GET /p/a?q=1&x="y{|} HTTP/1.1',
    method: "GET",
    target: '/p/a?q=1&x="y{|}',
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
    ...given,
  };
}

const captured = {
  requestCookie: "SRV=abc'de",
  responseCookie: "SRV=1",
  capturedRequest: ['a"b|c{d}\xe9#\tz', null],
  capturedResponse: ['a"b|c{d}\xe9#'],
};
const refused = { requestLine: "<BADREQ>", status: 400, idleMs: 0, requestMs: -1, responseMs: -1, activeMs: 0 };
const spoken = { protocol: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" };
const none = { server: null, queueMs: -1, connectMs: -1, termination: "PR" };

const cases: readonly (readonly [string, Partial<HttpRecord>, Partial<SessionRecord>, string])[] = [
  [
    "[%HM] [%HP] [%HPO] [%HQ] [%HU] [%HV] [%r] [%ST]",
    {},
    {},
    "[GET] [/p/a] [/p/a] [?q=1&x=#22y{|}] [/p/a?q=1&x=#22y{|}] [HTTP/1.1] [GET /p/a?q=1&x=#22y{|} HTTP/1.1] [200]",
  ],
  [
    "[%HM] [%HP] [%HPO] [%HQ] [%HU] [%HV] [%r]",
    { requestLine: "GET http://h/p/a HTTP/1.0" },
    {},
    "[GET] [http://h/p/a] [/p/a] [] [http://h/p/a] [HTTP/1.0] [GET http://h/p/a HTTP/1.0]",
  ],
  [
    "[%HM] [%HP] [%HPO] [%HQ] [%HU] [%HV]",
    { requestLine: "OPTIONS * HTTP/1.1" },
    {},
    "[OPTIONS] [*] [] [] [*] [HTTP/1.1]",
  ],
  [
    "[%HM] [%HP] [%HPO] [%HQ] [%HU] [%HV] [%r] [%ST]",
    refused,
    none,
    "[<BADREQ>] [<BADREQ>] [<BADREQ>] [<BADREQ>] [<BADREQ>] [<BADREQ>] [<BADREQ>] [400]",
  ],
  [
    "%{+Q}HM %{+Q}HQ %{+Q}HPO %{+Q}r %{+Q}ST %{+Q}CC %{+Q}CS",
    { requestLine: "OPTIONS * HTTP/1.1" },
    {},
    '"OPTIONS" "" "" "OPTIONS * HTTP/1.1" 200 "" ""',
  ],
  [
    "%{+Q}CC %{+Q}CS %{+Q}hr %{+Q}hrl %{+Q}hs %{+Q}hsl",
    captured,
    {},
    '"SRV=abc\'de" "SRV=1" "{a#22b#7Cc#7Bd#7D#E9#23#09z|}" "a#22b#7Cc#7Bd#7D#E9#23#09z" "" "{a#22b#7Cc#7Bd#7D#E9#23}" "a#22b#7Cc#7Bd#7D#E9#23"',
  ],
  [
    "%CC %CS %hr %hrl %hs %hsl",
    captured,
    {},
    "SRV=abc'de SRV=1 {a#22b#7Cc#7Bd#7D#E9#23#09z|} a#22b#7Cc#7Bd#7D#E9#23#09z - {a#22b#7Cc#7Bd#7D#E9#23} a#22b#7Cc#7Bd#7D#E9#23",
  ],
  ["%{+E}hr %{+E}hrl", { capturedRequest: ["a]b", null] }, {}, "{a\\]b|} a\\]b -"],
  ["%CC %CS %hr %hrl %hs %hsl", {}, {}, "- - "],
  ["a %hr b%hr c %hrl %hs %hsl d", {}, {}, "a b c d"],
  ["%hr a %hs", {}, {}, "a "],
  ["%{+X}ST %{+X}TR %Ta %Ti %Tr %Tq %Td %Th %Tt %Tu", {}, { totalMs: 90 }, "200 5 60 30 40 35 12 0 90 60"],
  ["%ST %TR %Ta %Ti %Tr %Tq %Td %Th %Tt", refused, { ...none, totalMs: 0 }, "400 -1 0 0 -1 -1 -1 0 0"],
  ["%Ta %B %tsc", { cookieState: "VN" }, { unfinished: true, termination: "--" }, "+60 +5555 --VN"],
];

describe("aliases", () => {
  test.each(cases)("%s", (text, http, given, expected) => {
    const write = compileLogFormat(format(text), tables([]));
    expect(write(record({ ...given, http: exchange(http) }), session())).toBe(expected);
  });

  test("the request's date is that of its first byte", () => {
    const write = compileLogFormat(format("%tr %t %trg"), tables([]));
    const line = write(record({ http: exchange({ idleMs: 1000 }), handshakeMs: 2 }), session());
    expect(line).toMatch(/:27\.037 \S+:26\.035 23\/Nov\/2026:21:36:27 \+0000$/);
  });

  test("what cannot be read, or is no byte of text, neither ends a line nor a quotation", () => {
    const http = exchange({ requestLine: 'GET /\n"\x7f HTTP/1.1', requestCookie: 'a="b\r' });
    const write = compileLogFormat(format("%r|%{+Q}HU|%{+Q}CC|%CC"), tables([]));
    expect(write(record({ http }), session())).toBe('GET /#0A#22#7F HTTP/1.1|"/#0A#22#7F"|"a=#22b#0D"|a="b#0D');
  });

  test("where nothing is known of an exchange, as in TCP, captures vanish and the rest is what HAProxy has there", () => {
    const write = compileLogFormat(format("%ST %hr %hs %tsc %Td %Tu"), tables([]));
    expect(write(record(), session())).toBe("0 ---- 297 300");
  });
});

/** The format that a proxy has by one of HAProxy's options, read as a file is. */
function formatOf(option: string): ReturnType<typeof compileLogFormat> {
  const text = `listen l\n mode http\n bind 127.0.0.1:8\n log 127.0.0.1:9 local0\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n option ${option}\n server s 127.0.0.1:1\n`;
  const { plan } = readText(text);
  const read = plan?.frontends[0]?.logFormat ?? null;
  if (read === null) throw new Error(`no format for ${option}`);
  return compileLogFormat(read, tables([]));
}

function dated(line: string): string {
  return line.replaceAll(/\[[^\]]*\]/g, "[]");
}

describe("HAProxy's own formats", () => {
  test.each([
    [
      "httplog",
      {},
      {},
      '127.0.0.1:52054 [] f b/s1 5/1/2/40/60 200 5555 - - ---- 1/2/3/4/0 5/6 "GET /p/a?q=1&x=#22y{|} HTTP/1.1"',
    ],
    [
      "httplog",
      captured,
      {},
      '127.0.0.1:52054 [] f b/s1 5/1/2/40/60 200 5555 SRV=abc\'de SRV=1 ---- 1/2/3/4/0 5/6 {a#22b#7Cc#7Bd#7D#E9#23#09z|} {a#22b#7Cc#7Bd#7D#E9#23} "GET /p/a?q=1&x=#22y{|} HTTP/1.1"',
    ],
    [
      "httplog",
      refused,
      none,
      '127.0.0.1:52054 [] f b/<NOSRV> -1/-1/-1/-1/0 400 5555 - - PR-- 1/2/3/4/0 5/6 "<BADREQ>"',
    ],
    [
      "httplog clf",
      {},
      {},
      '127.0.0.1 - - [] "GET /p/a?q=1&x=#22y{|} HTTP/1.1" 200 5555 "" "" 52054 035 "f" "b" "s1" 5 1 2 40 60 ---- 1 2 3 4 0 5 6 "" "" ',
    ],
    [
      "httplog clf",
      captured,
      {},
      '127.0.0.1 - - [] "GET /p/a?q=1&x=#22y{|} HTTP/1.1" 200 5555 "" "" 52054 035 "f" "b" "s1" 5 1 2 40 60 ---- 1 2 3 4 0 5 6 "SRV=abc\'de" "SRV=1" "a#22b#7Cc#7Bd#7D#E9#23#09z" "" "a#22b#7Cc#7Bd#7D#E9#23"',
    ],
    [
      "httpslog",
      {},
      {},
      '127.0.0.1:52054 [] f b/s1 5/1/2/40/60 200 5555 - - ---- 1/2/3/4/0 5/6 "GET /p/a?q=1&x=#22y{|} HTTP/1.1" 0/-/-/-/0 -/-/-',
    ],
    [
      "httplog",
      {},
      { tls: spoken },
      '127.0.0.1:52054 [] f~ b/s1 5/1/2/40/60 200 5555 - - ---- 1/2/3/4/0 5/6 "GET /p/a?q=1&x=#22y{|} HTTP/1.1"',
    ],
    [
      "httpslog",
      {},
      { tls: spoken },
      '127.0.0.1:52054 [] f~ b/s1 5/1/2/40/60 200 5555 - - ---- 1/2/3/4/0 5/6 "GET /p/a?q=1&x=#22y{|} HTTP/1.1" 0/-/-/-/0 -/TLSv1.3/TLS_AES_256_GCM_SHA384',
    ],
    ["tcplog", {}, { tls: spoken }, "127.0.0.1:52054 [] f~ b/s1 1/2/300 5555 -- 1/2/3/4/0 5/6"],
    ["tcplog", {}, {}, "127.0.0.1:52054 [] f b/s1 1/2/300 5555 -- 1/2/3/4/0 5/6"],
  ] as const)("option %s (%#)", (option, http, given, expected) => {
    expect(dated(formatOf(option)(record({ ...given, http: exchange(http) }), session()))).toBe(expected);
  });

  test("option httpslog tells what the handshake came to, or how far it came", () => {
    const write = formatOf("httpslog");
    const end = (facts: TlsFacts, clientError: string | null = null): string => {
      const given = record({ tls: spoken, http: exchange({}) });
      return write(given, session({ clientTls: facts, clientError })).split('HTTP/1.1" ')[1] ?? "";
    };
    expect(end(tlsFacts())).toBe("0/0000000000000000/0/0/0 Srv.Test/TLSv1.3/TLS_AES_256_GCM_SHA384");
    expect(end(tlsFacts({ serverName: null, isResumed: true }))).toBe(
      "0/0000000000000000/0/0/1 -/TLSv1.3/TLS_AES_256_GCM_SHA384",
    );
    const notTrusted = tlsFacts({ ...failed, error: "CERTIFICATE_VERIFY_FAILED", leafError: 20 });
    expect(end(notTrusted, "SSL client certificate not trusted")).toBe(
      "31/000000000A000086/20/0/0 Srv.Test/TLSv1.3/TLS_AES_256_GCM_SHA384",
    );
  });

  test.each([{}, captured, refused, { requestCookie: "a=\n" }])(
    "the line of option httplog is that of its format (%#)",
    (http) => {
      const given = record({ http: exchange(http), unfinished: true, redispatched: true, retries: 2 });
      const parts = format(httpLogFormat);
      expect(httpLogLine(given)).toBe(compileLogFormat({ ...parts, text: "" }, tables([]))(given, session()));
    },
  );
});
