/** How exchanges end beside HAProxy, what is answered in a server's place, and every line of the log. */
import type { Socket } from "node:net";
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { visible } from "./transcript.ts";

const get = (path = "/", more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const post = (more: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${more}\r\n${body}`;
const ok = (body = "ok", more = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
const lines = (...all: readonly string[]): string => all.map((line) => `    ${line}\n`).join("");
const silent = (socket: Socket): void => void socket.resume();
const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";

/** A page of the proxy's, and how the connection is. */
function page(title: string, text: string, end: "open" | "fin", closes = end === "fin"): string {
  const body = `<html><body><h1>${title}</h1>\n${text}\n</body></html>\n`;
  const connection = closes ? "connection: close\r\n" : "";
  const head = `HTTP/1.1 ${title}\r\ncontent-length: ${body.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n`;
  return `${visible(`${head}${connection}\r\n${body}`)} ${end}`;
}

/** A line of the log. */
const told = (timers: string, status: number, letters: string, method = "GET"): readonly string[] => [
  `127.0.0.1:<port> [date] <name> <name>/s ${timers} ${status} B - - ${letters} A/1/0/0/0 0/0 "${method} / HTTP/1.1"`,
];

/** An answer that others read in another way, or not at all. */
const noAnswer = {
  because: "it is no answer",
  client: page("502 Bad Gateway", "The server returned an invalid or incomplete response.", "open"),
  log: told("N/N/N/-1/N", 502, "PH--"),
};

/** Who leaves, and when. */
const ends: readonly HttpCase[] = [
  { name: "the client leaves in the head", client: ["GET / HT", "FIN"] },
  { name: "the client resets in the head", client: ["GET / HT", { pause: 40 }, "RST"], chance: ["client"] },
  {
    name: "the client resets before a byte",
    client: [{ pause: 40 }, "RST"],
    chance: ["client"],
    logs: 0,
    settleMs: 150,
  },
  {
    name: "the client leaves in the body",
    client: [post("Content-Length: 9\r\n", "abc"), { pause: 60 }, "FIN"],
    server: silent,
  },
  {
    name: "the client resets in the body",
    client: [post("Content-Length: 9\r\n", "abc"), { pause: 60 }, "RST"],
    server: silent,
    chance: ["client"],
  },
  {
    name: "the client leaves in a body that is waited for",
    lines: lines("option http-buffer-request"),
    client: [post("Content-Length: 9\r\n", "abc"), { pause: 60 }, "FIN"],
  },
  {
    name: "the client leaves in chunks that are waited for",
    lines: lines("http-request wait-for-body time 4s"),
    client: [post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"), { pause: 60 }, "FIN"],
  },
  {
    name: "the client resets while it waits",
    lines: lines("timeout server 300ms"),
    client: [get(), { pause: 60 }, "RST"],
    server: silent,
    chance: ["client"],
    differs: { because: "a reset is seen as it comes", log: told("N/N/N/-1/N", 400, "CH--") },
  },
  {
    name: "the client leaves while it waits, with abortonclose",
    lines: lines("option abortonclose"),
    client: [get(), { pause: 60 }, "FIN"],
    server: silent,
  },
  {
    name: "the client resets in the answer",
    lines: lines("timeout server 300ms"),
    client: [get(), { until: "half" }, "RST"],
    server: half,
    chance: ["client"],
    differs: { because: "a reset is seen as it comes", log: told("N/N/N/N/N", 200, "CD--") },
  },
  { name: "the server refuses", lines: lines("retries 1"), client: get(), server: null },
  { name: "the server refuses twice", lines: lines("retries 1"), client: get("/1") + get("/2"), server: null, logs: 2 },
  {
    name: "the server refuses a POST",
    lines: lines("retries 0"),
    client: post("Content-Length: 2\r\n", "ab"),
    server: null,
  },
  { name: "the server closes without an answer", client: get(), server: { say: "", end: "fin" } },
  { name: "the server resets without an answer", client: get(), server: { say: "", end: "reset" } },
  {
    name: "the server closes without a second answer",
    client: [get("/1"), { until: "\r\n\r\nok" }, { pause: 50 }, get("/2")],
    server: [
      { say: ok("ok"), end: "fin" },
      { say: "", end: "fin" },
    ],
    logs: 1,
    chance: ["log"],
    differs: {
      because: "a new connection that says nothing is no idle one that was closed",
      client: page("502 Bad Gateway", "The server returned an invalid or incomplete response.", "open").replace(
        /^"/,
        '"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok',
      ),
    },
  },
  { name: "garbage for an answer", client: get(), server: "garbage\r\n\r\n" },
  {
    name: "a version nobody knows",
    client: get(),
    server: "HTTP/3.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    differs: noAnswer,
  },
  {
    name: "a status of two digits",
    client: get(),
    server: "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    differs: noAnswer,
  },
  { name: "a bad field in an answer", client: get(), server: "HTTP/1.1 200 OK\r\nX y: z\r\nContent-Length: 0\r\n\r\n" },
  { name: "an answer too large", client: get(), server: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n` },
  { name: "half a head of an answer", client: get(), server: { say: "HTTP/1.1 200 OK\r\nConte", end: "fin" } },
  { name: "half an answer", client: get(), server: { say: half, end: "fin" } },
  { name: "half an answer, and a reset", client: get(), server: { say: half, end: "reset" } },
  {
    name: "half a chunk",
    client: get(),
    server: { say: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", end: "fin" },
    differs: {
      because: "chunks go on as they are cut",
      client: '"HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n5\\r\\nab" fin',
    },
  },
  {
    name: "no last chunk",
    client: get(),
    server: { say: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", end: "fin" },
  },
  {
    name: "a chunk that is none in an answer",
    client: get(),
    server: (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
        setTimeout(() => socket.write("zz\r\nab\r\n"), 60);
      });
    },
    differs: { because: "the server has not left", log: told("N/N/N/N/N", 200, "PD--") },
  },
  {
    name: "a server that resets behind its answer",
    client: get(),
    server: { say: ok(), end: "reset" },
  },
  {
    name: "retry-on 503",
    lines: lines("retry-on 503", "retries 1"),
    client: get(),
    server: ["HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", ok()],
  },
  {
    name: "retry-on empty-response",
    lines: lines("retry-on empty-response", "retries 1"),
    client: get(),
    server: [{ say: "", end: "fin" }, ok()],
  },
  {
    name: "retry-on junk-response",
    lines: lines("retry-on junk-response", "retries 1"),
    client: get(),
    server: [{ say: "junk\r\n\r\n", end: "fin" }, ok()],
  },
];

/** Time runs out in each phase. */
const times: readonly HttpCase[] = [
  { name: "no request in time", lines: lines("timeout http-request 150ms"), client: "ended", logs: 1 },
  { name: "half a request in time", lines: lines("timeout http-request 150ms"), client: ["GET / HT", "ended"] },
  { name: "half a request within timeout client", lines: lines("timeout client 150ms"), client: ["GET / HT", "ended"] },
  { name: "nothing within timeout client", lines: lines("timeout client 150ms"), client: "ended" },
  {
    name: "half a second request",
    lines: lines("timeout http-request 150ms", "timeout http-keep-alive 300ms"),
    client: [get(), { until: "\r\n\r\nok" }, "GET /", "ended"],
    logs: 2,
  },
  {
    name: "no second request, with http-ignore-probes",
    lines: lines("timeout http-request 150ms", "option http-ignore-probes"),
    client: [get(), { until: "\r\n\r\nok" }, "ended"],
  },
  {
    name: "no first request, with http-ignore-probes",
    lines: lines("timeout http-request 150ms", "option http-ignore-probes"),
    client: "ended",
    logs: 0,
  },
  { name: "no answer in time", lines: lines("timeout server 150ms"), client: [get()], server: silent },
  {
    name: "no answer in time to the second",
    lines: lines("timeout server 150ms"),
    client: [get("/1"), { until: "\r\n\r\nok" }, get("/2")],
    server: [ok(), ""],
    logs: 2,
  },
  { name: "half an answer in time", lines: lines("timeout server 150ms"), client: [get(), "ended"], server: half },
  {
    name: "half a head of an answer in time",
    lines: lines("timeout server 150ms"),
    client: [get()],
    server: "HTTP/1.1 200 OK\r\nConte",
  },
  {
    name: "an upload that stalls",
    lines: lines("timeout client 150ms", "timeout server 300ms"),
    client: [post("Content-Length: 9\r\n", "abc"), "ended"],
    server: silent,
    differs: {
      because: "the manual says 408 at timeout client",
      client: page("408 Request Time-out", "Your browser didn't send a complete request in time.", "fin"),
      log: told("N/N/N/-1/N", 408, "cH--", "POST"),
    },
  },
  {
    name: "no body in time",
    lines: lines("timeout http-request 150ms", "option http-buffer-request"),
    client: [post("Content-Length: 9\r\n", "abc"), "ended"],
  },
  {
    name: "no place in the queue in time",
    lines: lines("timeout queue 150ms"),
    options: "maxconn 1 disabled",
    client: [get()],
    chance: ["log"],
  },
  {
    name: "a tunnel that idles",
    lines: lines("timeout tunnel 150ms"),
    client: [get("/", "Connection: Upgrade\r\nUpgrade: x\r\n"), { until: "\r\n\r\n" }, "ended"],
    server: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    chance: ["log"],
  },
  { name: "a tarpit", lines: lines("timeout tarpit 150ms", "http-request tarpit"), client: [get()] },
  {
    name: "a tarpit that the client leaves",
    lines: lines("timeout tarpit 1s", "http-request tarpit"),
    client: [get(), { pause: 60 }, "FIN"],
  },
  {
    name: "a tarpit with a status",
    lines: lines("timeout tarpit 150ms", "http-request tarpit deny_status 429"),
    client: [get()],
  },
];

/** Answers of the proxy's own. */
const pages: readonly HttpCase[] = [
  { name: "deny", lines: lines("http-request deny"), client: get() },
  {
    name: "deny, and another request",
    lines: lines("http-request deny if { path /1 }"),
    client: get("/1") + get("/2"),
    logs: 2,
  },
  { name: "deny of a whole body", lines: lines("http-request deny"), client: post("Content-Length: 2\r\n", "ab") },
  { name: "deny of half a body", lines: lines("http-request deny"), client: post("Content-Length: 9\r\n", "ab") },
  {
    name: "deny of chunks",
    lines: lines("http-request deny"),
    client: post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n"),
    chance: ["client"],
  },
  { name: "deny to HTTP/1.0", lines: lines("http-request deny"), client: "GET / HTTP/1.0\r\n\r\n" },
  { name: "deny to HEAD", lines: lines("http-request deny"), client: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" },
  ...[200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504].map((status): HttpCase => ({
    name: `deny with ${status}`,
    lines: lines(`http-request deny deny_status ${status}`),
    client: get(),
  })),
  {
    name: "return of a file",
    lines: lines("http-request return status 200 content-type text/plain file <dir>/page.txt"),
    client: get(),
  },
  {
    name: "return of a format's file",
    lines: lines("http-request return status 200 content-type text/plain lf-file <dir>/format.txt"),
    client: get("/p"),
  },
  {
    name: "return with fields",
    lines: lines('http-request return status 201 content-type a/b string "x" hdr X-A b hdr X-P %[path]'),
    client: get("/p"),
  },
  {
    name: "return of an errorfile",
    lines: lines("errorfile 403 <dir>/403.http", "http-request return status 403 default-errorfiles"),
    client: get(),
  },
  {
    name: "return of half a body",
    lines: lines("http-request return status 200"),
    client: post("Content-Length: 9\r\n", "ab"),
  },
  { name: "errorfile of deny", lines: lines("errorfile 403 <dir>/403.http", "http-request deny"), client: get() },
  {
    name: "errorfile of a server that refuses",
    lines: lines("errorfile 503 <dir>/503.http", "retries 0"),
    client: get(),
    server: null,
    differs: {
      because: "what is said is HTTP/1.1, whatever the file says",
      client:
        '"HTTP/1.1 503 Own\\r\\ncache-control: no-cache\\r\\ncontent-type: text/plain\\r\\ncontent-length: 4\\r\\n\\r\\nown\\n" open',
    },
  },
  { name: "an empty errorfile", lines: lines("errorfile 403 /dev/null", "http-request deny"), client: get() },
  { name: "an errorfile of a bad request", lines: lines("errorfile 400 /dev/null"), client: "G@T / HTTP/1.1\r\n\r\n" },
  { name: "errorloc", lines: lines("errorloc 403 http://b/", "http-request deny"), client: get() },
  { name: "errorloc303", lines: lines("errorloc303 503 http://b/%20", "retries 0"), client: get(), server: null },
  {
    name: "http-error",
    lines: lines('http-error status 403 content-type a/b lf-string "%[path]" hdr X y', "http-request deny"),
    client: get("/p"),
  },
  { name: "monitor-uri", lines: lines("monitor-uri /alive"), client: get("/alive") + get("/alive"), logs: 0 },
  { name: "monitor-uri with a query", lines: lines("monitor-uri /alive"), client: get("/alive?x") },
  {
    name: "monitor-uri to HEAD",
    lines: lines("monitor-uri /alive"),
    client: "HEAD /alive HTTP/1.1\r\nHost: a\r\n\r\n",
    logs: 0,
  },
  {
    name: "monitor-uri to POST",
    lines: lines("monitor-uri /alive"),
    client: "POST /alive HTTP/1.1\r\nHost: a\r\n\r\n",
    logs: 0,
  },
  { name: "monitor fail", lines: lines("monitor-uri /alive", "monitor fail if TRUE"), client: get("/alive"), logs: 0 },
  { name: "no server", lines: lines("server s <server> disabled"), client: get() },
  { name: "an empty backend", lines: lines("use_backend nobody"), client: get(), sections: "backend nobody\n" },
  { name: "silent-drop", lines: lines("http-request silent-drop"), client: [get()], chance: ["client"] },
  { name: "reject", lines: lines("http-request reject"), client: get() },
  {
    name: "tcp-request content reject",
    lines: lines("tcp-request content reject if { path /no }"),
    client: get("/no"),
    differs: {
      because: "the request is known",
      log: [
        '127.0.0.1:<port> [date] <name> <name>/<NOSRV> -1/-1/-1/-1/N -1 B - - PR-- A/1/0/0/0 0/0 "GET /no HTTP/1.1"',
      ],
    },
  },
  {
    name: "tcp-request content accept",
    lines: lines("tcp-request content accept if { path /no }", "http-request deny"),
    client: get("/no"),
  },
  {
    name: "a redirect of a POST",
    lines: lines("http-request redirect location /x"),
    client: post("Content-Length: 2\r\n", "ab"),
  },
  {
    name: "a redirect, and another",
    lines: lines("redirect prefix http://b if { path /1 }"),
    client: get("/1") + get("/2"),
    logs: 2,
  },
  {
    name: "a server's redir",
    options: "redir http://b",
    client: get("/x?y"),
    differs: {
      because: "there is no reason to close",
      client:
        '"HTTP/1.1 302 Found\\r\\ncache-control: no-cache\\r\\ncontent-length: 0\\r\\nlocation: http://b/x?y\\r\\n\\r\\n" open',
    },
  },
  { name: "a server's redir of a POST", options: "redir http://b", client: post("Content-Length: 2\r\n", "ab") },
  { name: "an answer denied", lines: lines("http-response deny"), client: get() },
  {
    name: "an answer denied with a status",
    lines: lines("http-response deny deny_status 404"),
    client: get("/1") + get("/2"),
    logs: 2,
    differs: {
      because: "what the server goes on to say is not waited for",
      server: ['"GET /1 HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n"', '"GET /2 HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n"'],
    },
  },
  {
    name: "an answer in the answer's place",
    lines: lines("http-response return status 202 content-type a/b string x"),
    client: get(),
  },
];

/** Fields that the proxy adds, and persistence by cookies. */
const fields: readonly HttpCase[] = [
  { name: "forwardfor", lines: lines("option forwardfor"), client: get() },
  {
    name: "forwardfor behind another",
    lines: lines("option forwardfor"),
    client: get("/", "X-Forwarded-For: 1.2.3.4\r\n"),
  },
  {
    name: "forwardfor if-none",
    lines: lines("option forwardfor if-none"),
    client: get("/", "X-Forwarded-For: 1.2.3.4\r\n"),
  },
  { name: "forwardfor if-none, and none", lines: lines("option forwardfor if-none"), client: get() },
  { name: "forwardfor except", lines: lines("option forwardfor except 127.0.0.0/8"), client: get() },
  { name: "forwardfor except another", lines: lines("option forwardfor except 10.0.0.0/8"), client: get() },
  { name: "forwardfor header", lines: lines("option forwardfor header X-Client"), client: get() },
  { name: "originalto", lines: lines("option originalto"), client: get() },
  { name: "originalto header, except", lines: lines("option originalto except 127.0.0.1 header X-To"), client: get() },
  {
    name: "unique-id-header",
    lines: lines("unique-id-format %[int(7)]-%ci", "unique-id-header X-Unique-ID"),
    client: get(),
  },
  {
    name: "http-send-name-header",
    lines: lines("http-send-name-header X-Server"),
    client: get("/", "X-Server: mine\r\n"),
  },
  {
    name: "http-restrict-req-hdr-names reject",
    lines: lines("option http-restrict-req-hdr-names reject"),
    client: get("/", "a_b: c\r\n"),
  },
  {
    name: "http-restrict-req-hdr-names delete",
    lines: lines("option http-restrict-req-hdr-names delete"),
    client: get("/", "a_b: c\r\n"),
  },
  { name: "cookie insert", lines: lines("cookie SRV insert"), options: "cookie s1", client: get() },
  {
    name: "cookie insert indirect nocache",
    lines: lines("cookie SRV insert indirect nocache"),
    options: "cookie s1",
    client: get(),
  },
  {
    name: "cookie insert indirect, known",
    lines: lines("cookie SRV insert indirect nocache"),
    options: "cookie s1",
    client: get("/", "Cookie: a=b; SRV=s1; c=d\r\n"),
  },
  {
    name: "cookie insert indirect, unknown",
    lines: lines("cookie SRV insert indirect nocache"),
    options: "cookie s1",
    client: get("/", "Cookie: SRV=s9\r\n"),
  },
  { name: "cookie insert postonly", lines: lines("cookie SRV insert postonly"), options: "cookie s1", client: get() },
  {
    name: "cookie insert with all words",
    lines: lines("cookie SRV insert httponly secure domain .a.example attr SameSite=None"),
    options: "cookie s1",
    client: get(),
  },
  {
    name: "cookie insert preserve",
    lines: lines("cookie SRV insert preserve"),
    options: "cookie s1",
    client: get(),
    server: ok("ok", "Set-Cookie: SRV=own; path=/\r\n"),
  },
  {
    name: "cookie rewrite",
    lines: lines("cookie SRV rewrite"),
    options: "cookie s1",
    client: get(),
    server: ok("ok", "Set-Cookie: SRV=x; path=/\r\n"),
  },
  {
    name: "cookie prefix",
    lines: lines("cookie SID prefix"),
    options: "cookie s1",
    client: get("/", "Cookie: SID=s1~abc\r\n"),
    server: ok("ok", "Set-Cookie: SID=xyz; path=/\r\n"),
  },
  {
    name: "cookie prefix, of a server that is gone",
    lines: lines("cookie SID prefix"),
    options: "cookie s1",
    client: get("/", "Cookie: SID=s9~abc\r\n"),
  },
];

/** What the log tells. */
const logs: readonly HttpCase[] = [
  { name: "httplog clf", lines: lines("option httplog clf"), client: get("/x?y") },
  {
    name: "captures",
    lines: lines(
      "capture request header Host len 10",
      "capture request header X-A len 5",
      "capture response header Server len 20",
      "capture response header X-None len 20",
    ),
    client: get("/", 'X-A: a"|{}bcdefgh\r\n'),
    server: ok("ok", "Server: me you\r\n"),
  },
  {
    name: "captures without any",
    lines: lines("capture request header X-A len 5", "capture response header X-B len 5"),
    client: get(),
  },
  {
    name: "captures of a bad request",
    lines: lines("capture request header X-A len 5"),
    client: "G@T / HTTP/1.1\r\n\r\n",
  },
  {
    name: "capture cookie",
    lines: lines("capture cookie SID len 8"),
    client: get("/", "Cookie: a=b; SID=0123456789\r\n"),
    server: ok("ok", "Set-Cookie: SID=abc; path=/\r\n"),
  },
  { name: "odd letters in the request line", client: get('/"|{}[]\\^`~%20') },
  {
    name: "variables of a request",
    lines: lines(
      'log-format "%ci %ft %b %s %ST %CC %CS %tsc %hr %hs %HM %HP %HPO %HQ %HU %HV %{+Q}r %sq %bq %rc"',
      "capture request header Host len 9",
    ),
    client: get("/p/q?x=1&y=2"),
  },
  {
    name: "variables of an absolute target",
    lines: lines('log-format "%ft %ST %ts %HM %HP %HPO %HQ %HU %HV %r"'),
    client: "GET http://a/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
  },
  {
    name: "variables of a bad request",
    lines: lines('log-format "%ft %b %s %ST %HM %HP %HPO %HQ %HU %HV %r %tsc"'),
    client: "G@T / HTTP/1.1\r\n\r\n",
  },
  {
    name: "samples in the log",
    lines: lines(
      'log-format "%ft %[capture.req.method] %[capture.req.uri,upper] %[capture.req.ver] %[http_first_req] %[capture.res.ver]"',
    ),
    client: get("/p?q"),
  },
  {
    name: "captures in mode tcp",
    lines: lines(
      "mode tcp",
      "tcp-request inspect-delay 3s",
      "tcp-request content capture req.payload(0,3) len 10",
      "tcp-request content capture req.payload(0,3) len 2 if { req.payload(0,3) -m str PUT }",
      "tcp-request content accept if { req.len gt 0 }",
      'log-format "%ft %hr %hrl %[capture.req.hdr(0)] %[capture.req.hdr(1)] %ts"',
    ),
    client: [get(), { until: "ok" }, "FIN", "ended"],
  },
  {
    name: "captures in mode tcp before a backend of HTTP",
    sections: "backend b<name>\n    mode http\n    server s <server>\n",
    lines: lines(
      "mode tcp",
      "tcp-request inspect-delay 3s",
      "tcp-request content capture req.payload(0,3) len 10",
      "tcp-request content accept if { req.len gt 0 }",
      'log-format "%ft %hr %hrl %[capture.req.hdr(0)] %ts"',
      "default_backend b<name>",
    ),
    client: [get("/1") + get("/2"), { served: 2 }, "FIN", "ended"],
    logs: 2,
  },
  {
    name: "formats in rules of TCP",
    lines: lines(
      "mode tcp",
      'tcp-request connection set-var-fmt(sess.a) "%ci %fi %ft %b %s %Tw %Tc %ts %tsc %rc %sq %bq %bi %ID|"',
      'tcp-request session set-var-fmt(sess.b) "%ci %fi %ft %b %s %Tw %Tc %ts %tsc %rc %sq %bq %bi %B %U|%{+Q}b"',
      'tcp-request content set-var-fmt(sess.c) "%ci %fi %ft %b %s %Tw %Tc %ts %tsc %rc %sq %bq %bi %B|%{+X}ci"',
      'log-format "%ft %[var(sess.a)] %[var(sess.b)] %[var(sess.c)] %ts"',
    ),
    client: [get(), { until: "ok" }, "FIN", "ended"],
  },
  {
    name: "formats in rules of HTTP",
    lines: lines(
      'http-request set-var-fmt(txn.a) "%ci|%ft|%b|%s|%B|%bi|%CC|%hr|%ts|%tsc|%ST|%HM|%HU|%Tw|%Tr"',
      "http-request set-header X-A %[var(txn.a)]",
      "http-request set-header X-B %B|%bi|%CC|%hr|%ts|%ST",
      'http-response set-header X-C "%b|%s|%hs|%ts|%ST"',
    ),
    client: get(),
  },
  { name: "dontlognormal", lines: lines("option dontlog-normal"), client: get("/1") + get("/2"), logs: 0 },
  {
    name: "dontlognormal, and an error",
    lines: lines("option dontlog-normal", "retries 0"),
    client: get(),
    server: null,
  },
  { name: "dontlognull", lines: lines("option dontlognull"), client: "FIN", logs: 0 },
  { name: "logasap", lines: lines("option logasap"), client: get() },
  {
    name: "http-request set-log-level silent",
    lines: lines("http-request set-log-level silent"),
    client: get(),
    logs: 0,
  },
  { name: "log-separate-errors", lines: lines("option log-separate-errors", "http-request deny"), client: get() },
  {
    name: "captures of an answer of the proxy's",
    lines: lines("capture request header x-a len 9", "capture response header x-b len 9", "http-request deny"),
    client: get(),
  },
  {
    name: "captures of no request",
    lines:
      lines("capture request header x-a len 9", "capture response header x-b len 9", "unique-id-format %ci%rt") +
      lines('log-format "%ft %hr %hs %ID"'),
    client: "G@T / HTTP/1.1\r\n\r\n",
  },
  ...["deny", "tarpit", "return", "auth", "redirect location /"].map((action) => ({
    name: `cookies of the log, and their letters, of http-request ${action}`,
    lines: lines("timeout tarpit 10ms", "capture cookie a len 9", "cookie SRV insert", `http-request ${action}`),
    client: get("/", "Cookie: a=1\r\n"),
  })),
  {
    name: "cookies of the log are what rules make of them",
    lines: lines(
      "capture cookie a len 9",
      "http-request set-header Cookie a=2",
      "http-response set-header Set-Cookie a=3",
    ),
    client: get("/", "Cookie: a=1\r\n"),
    server: ok("ok", "Set-Cookie: a=4\r\n"),
  },
  {
    name: "cookies of the log have a value",
    lines: lines("capture cookie a len 20"),
    client: get("/", 'Cookie: a; aa, b=1, a="x;y"\r\n'),
    server: ok("ok", "Set-Cookie: a\r\nSet-Cookie: a=2\r\n"),
  },
  {
    name: "letters of cookies without a search for a server",
    sections: "backend <name>b\n    mode http\n    cookie SRV insert\n    http-request deny\n",
    lines: lines("default_backend <name>b"),
    client: get(),
  },
  {
    name: "stick remembers a server that was named, once a table",
    sections: "backend <name>t\n    mode http\n    stick-table type string len 20 size 9 expire 9s\n",
    lines:
      lines("use-server s if TRUE", "stick on path table <name>t", "stick store-request str(k) table <name>t") +
      lines("stick store-response str(r) table <name>t") +
      lines(
        'http-request return status 200 content-type text/plain string x hdr X-In "%[str(/1),in_table(<name>t)]%[str(k),in_table(<name>t)]%[str(r),in_table(<name>t)]" if { path /3 }',
      ),
    client: [get("/1"), { until: "\r\n\r\nok" }, get("/3"), { until: "x-in" }],
    logs: 2,
  },
  {
    name: "a unique ID is made when it is asked for",
    lines:
      lines(
        "unique-id-format %ci",
        'log-format "%ft %ID"',
        "http-request set-header X-A %ID%HM",
        "http-request set-src ipv4(9.9.9.9)",
      ) +
      lines(
        "http-request set-header X-B %[unique-id]|%ci",
        "http-request set-src ipv4(8.8.8.8)",
        "http-request set-header X-C %ID|%ci",
      ),
    client: get(),
  },
  {
    name: "stick remembers before rules of the answer",
    sections: "backend <name>t\n    mode http\n    stick-table type string len 20 size 9 expire 9s store gpt0\n",
    lines:
      lines("stick store-response res.hdr(x-key) table <name>t") +
      lines("http-response set-header X-Key other", "http-response deny if { path /2 }") +
      lines(
        'http-request return status 200 content-type text/plain string x hdr X-In "%[str(k),in_table(<name>t)]%[str(other),in_table(<name>t)]" if { path /3 }',
      ),
    client: [get("/1"), { until: "\r\n\r\nok" }, get("/3"), { until: "x-in" }],
    server: ok("ok", "X-Key: k\r\n"),
    logs: 2,
  },
  {
    name: "tarpit behind http-buffer-request",
    lines: lines("timeout tarpit 10ms", "option http-buffer-request", "http-request tarpit"),
    client: get(),
  },
  {
    name: "reject behind http-buffer-request",
    lines: lines("option http-buffer-request", "http-request reject", 'log-format "%ft %TR %Tw %Tc %Tr %B"'),
    client: get(),
  },
  { name: "tcplog in mode http", lines: lines("option tcplog"), client: get(), chance: ["log"] },
];

compareAll([...ends, ...times, ...pages, ...fields, ...logs]);
