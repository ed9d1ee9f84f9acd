/** Heads, framing and persistence beside HAProxy: what the client gets, what the server sees, and the log line. */
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { visible } from "./transcript.ts";

const get = (path = "/", more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const post = (more: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${more}\r\n${body}`;
const chunked = (body: string, more = ""): string => post(`Transfer-Encoding: chunked\r\n${more}`, body);
const ok = (body = "ok", more = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
const old = (body = "ok", more = ""): string => ok(body, more).replace("HTTP/1.1", "HTTP/1.0");

const badPage =
  "HTTP/1.1 400 Bad request\r\nContent-length: 90\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";

const madeBadPage = badPage
  .replace(/Content-length.*close\r\n/s, "content-length: 90\r\ncache-control: no-cache\r\n")
  .replace("Content-Type: text/html\r\n", "content-type: text/html\r\nconnection: close\r\n");

/** HAProxy takes it, others read it in another way. */
function refused(name: string, client: HttpCase["client"], because: string): HttpCase {
  return {
    name,
    client,
    differs: {
      because,
      client: `${visible(badPage)} fin`,
      server: [],
      log: ['127.0.0.1:<port> [date] <name> <name>/<NOSRV> -1/-1/-1/-1/N 400 B - - PR-- A/1/0/0/0 0/0 "<BADREQ>"'],
    },
  };
}

/** What follows the head is no chunk: HAProxy looks at both before it looks for a server. */
function badChunk(name: string, client: string): HttpCase {
  return {
    name,
    client,
    chance: ["server"],
    differs: {
      because: "a head goes on before its body is looked at",
      client: `${visible(madeBadPage)} fin`,
      log: ['127.0.0.1:<port> [date] <name> <name>/s N/N/N/-1/N 400 B - - PH-- A/1/0/0/0 0/0 "POST / HTTP/1.1"'],
    },
  };
}

const lenient = "peers disagree about what it says";
const large = (name: string, length: number): string => `${name}: ${"a".repeat(length)}\r\n`;
const many = (count: number): string => Array.from({ length: count }, (_, at) => `X${at}: y\r\n`).join("");

/** The rows of HAProxy's answers to odd requests. */
const odd: readonly HttpCase[] = [
  { name: "a plain request", client: get() },
  refused("a length and chunks", chunked("0\r\n\r\nG", "Content-Length: 6\r\n"), lenient),
  refused(
    "a length and chunks in HTTP/1.0",
    "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    lenient,
  ),
  { name: "the same length twice", client: post("Content-Length: 2\r\nContent-Length: 2\r\n", "ab") },
  { name: "two lengths", client: post("Content-Length: 2\r\nContent-Length: 3\r\n", "abc") },
  { name: "a list of the same length", client: post("Content-Length: 2, 2\r\n", "ab") },
  { name: "a list of lengths", client: post("Content-Length: 2, 3\r\n", "ab") },
  { name: "a length with a sign", client: post("Content-Length: +2\r\n", "ab") },
  { name: "a negative length", client: post("Content-Length: -2\r\n", "ab") },
  { name: "an empty length", client: post("Content-Length:\r\n", "") },
  { name: "a length far too long", client: post("Content-Length: 99999999999999999999\r\n", "") },
  { name: "a hexadecimal length", client: post("Content-Length: 0x2\r\n", "ab") },
  { name: "a length with a zero in front", client: post("Content-Length: 02\r\n", "ab") },
  { name: "the coding identity", client: post("Transfer-Encoding: identity\r\n", "") },
  { name: "chunks in gzip", client: post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n") },
  {
    name: "gzip in chunks",
    client: post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    differs: {
      because: "the answer says that the connection is closed",
      client:
        '"HTTP/1.1 422 Unprocessable Content\\r\\nContent-length: 116\\r\\nCache-Control: no-cache\\r\\nConnection: close\\r\\nContent-Type: text/html\\r\\n\\r\\n<html><body><h1>422 Unprocessable Content</h1>\\nThe server cannot process the contained instructions.\\n</body></html>\\n" fin',
    },
  },
  { name: "chunks twice", client: post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n") },
  { name: "an unknown coding", client: post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n") },
  { name: "an empty coding", client: post("Transfer-Encoding:\r\n", "") },
  { name: "a space before a colon", client: post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n") },
  refused("a folded value", get("/", "X: a\r\n b\r\n"), lenient),
  { name: "a space before the first field", client: "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n" },
  refused("LF alone", "GET / HTTP/1.1\nHost: a\n\n", lenient),
  { name: "CR in a value", client: get("/", "X: a\rb\r\n") },
  refused("NUL in a value", get("/", "X: a\0b\r\n"), lenient),
  { name: "NUL in a name", client: get("/", "X\0: a\r\n") },
  { name: "no colon", client: get("/", "Xa\r\n") },
  { name: "an empty name", client: get("/", ": a\r\n") },
  { name: "8 bits in a name", client: get("/", "X\xe4: 1\r\n") },
  { name: "8 bits in a value", client: get("/", "X: \xe4\r\n") },
  { name: "the same host twice", client: get("/", "Host: a\r\n") },
  { name: "two hosts", client: get("/", "Host: b\r\n") },
  { name: "no host", client: "GET / HTTP/1.1\r\n\r\n" },
  { name: "an empty host", client: "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
  { name: "odd characters in the host", client: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n" },
  { name: "an absolute target", client: "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "an absolute target of another host", client: "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "an absolute target without a host", client: "GET http://a/x HTTP/1.1\r\n\r\n" },
  { name: "an authority to get", client: "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "OPTIONS *", client: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "GET *", client: "GET * HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "8 bits in the target", client: get("/\xe4") },
  { name: "a fragment in the target", client: get("/a#b") },
  { name: "a quote in the target", client: get('/a"b|{c}') },
  refused("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", lenient),
  { name: "a space behind the version", client: "GET / HTTP/1.1 \r\nHost: a\r\n\r\n" },
  refused("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "a version that nobody defined"),
  refused("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "not the version that is spoken"),
  { name: "http/1.1", client: "GET / http/1.1\r\nHost: a\r\n\r\n" },
  { name: "HTTP/0.9", client: "GET /\r\n\r\n" },
  {
    name: "the preface of HTTP/2",
    client: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    chance: ["log"],
    logs: 0,
    differs: {
      because: "there is no HTTP/2",
      client: '"HTTP/1.1 505 HTTP Version Not Supported\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n" fin',
    },
  },
  { name: "line ends before a request", client: `\r\n\r\n\r\n${get()}` },
  { name: "an odd method", client: "G@T / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "a method of its own", client: "PURGE-x!#$ / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "a method in lower case", client: "get / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { name: "a chunk", client: chunked("2\r\nab\r\n0\r\n\r\n") },
  { name: "a chunk with an extension", client: chunked("2;x=y\r\nab\r\n0\r\n\r\n") },
  {
    name: "a chunk with zeros in front",
    client: chunked("0002\r\nab\r\n00\r\n\r\n"),
    differs: {
      because: "chunks go on as they are cut",
      server: [visible(chunked("0002\r\nab\r\n00\r\n\r\n").toLowerCase().replace("post / http", "POST / HTTP"))],
    },
  },
  { name: "a size in capitals", client: chunked("A\r\n0123456789\r\n0\r\n\r\n") },
  badChunk("a size with a sign", chunked("+2\r\nab\r\n0\r\n\r\n")),
  badChunk("a size with 0x", chunked("0x2\r\nab\r\n0\r\n\r\n")),
  badChunk("a size too large", chunked("10000000000000002\r\nab\r\n0\r\n\r\n")),
  { name: "trailers", client: chunked("2\r\nab\r\n0\r\nX: y\r\n\r\n", "Trailer: x\r\n") },
  { name: "a head of 20,000 bytes", client: get("/", large("X", 20_000)) },
  { name: "a head of 14,000 bytes", client: get("/", large("X", 14_000)) },
  { name: "a target of 10,000 bytes", client: get(`/${"t".repeat(10_000)}`) },
  {
    name: "a chunk that is none behind a good one",
    client: [chunked("2\r\nab\r\n"), { pause: 100 }, "+2\r\nab\r\n"],
    chance: ["server"],
  },
  { name: "102 fields", client: get("/", many(101)) },
  { name: "101 fields", client: get("/", many(100)) },
  {
    name: "fields of the connection",
    client: get(
      "/",
      "Connection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\n",
    ),
  },
  {
    name: "an upgrade to HTTP/2",
    client: get(
      "/",
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    ),
  },
  { name: "another expectation", client: post("Expect: foo\r\nContent-Length: 2\r\n", "ab") },
  { name: "two requests at once", client: get("/1") + get("/2"), logs: 2 },
  { name: "half a head", client: ["GET / HTTP/1.1\r\nHo", "FIN"] },
  { name: "no byte at all", client: ["FIN"] },
  { name: "only line ends", client: ["\r\n\r\n", "FIN"] },
];

/** Who closes when: versions and what they say of the connection. */
const persistence: readonly HttpCase[] = [
  { name: "HTTP/1.0 closes", client: "GET / HTTP/1.0\r\n\r\n" },
  { name: "HTTP/1.0 with a host closes", client: "GET / HTTP/1.0\r\nHost: a\r\n\r\n" },
  { name: "HTTP/1.0 may stay", client: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" },
  { name: "HTTP/1.0 says close", client: "GET / HTTP/1.0\r\nConnection: close\r\n\r\n" },
  { name: "HTTP/1.1 says close", client: get("/", "Connection: close\r\n") },
  { name: "HTTP/1.1 says keep-alive", client: get("/", "Connection: keep-alive\r\n") },
  { name: "HTTP/1.1 says CLOSE among others", client: get("/", "Connection: foo\r\nConnection: bar, CLOSE\r\n") },
  {
    name: "Connection names the field that frames",
    client:
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: X-A, Content-Length, Host\r\nX-A: b\r\nContent-Length: 2\r\n\r\nab",
    differs: {
      because: "the next reader would take it out, and the body for a request",
      server: ['"POST / HTTP/1.1\\r\\nhost: a\\r\\nconnection: X-A\\r\\nx-a: b\\r\\ncontent-length: 2\\r\\n\\r\\nab"'],
    },
  },
  {
    name: "Connection of an answer names the field that frames",
    client: get(),
    server: "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nok",
    differs: {
      because: "the next reader would take it out",
      client: '"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok" open',
    },
  },
  { name: "both are said", client: get("/", "Connection: keep-alive, close\r\n") },
  { name: "a server of HTTP/1.0", client: get(), server: { say: old(), end: "fin" } },
  { name: "a server of HTTP/1.0 that stays", client: get(), server: old("ok", "Connection: keep-alive\r\n") },
  { name: "both HTTP/1.0", client: "GET / HTTP/1.0\r\n\r\n", server: { say: old(), end: "fin" } },
  {
    name: "both HTTP/1.0 that stay",
    client: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    server: old("ok", "Connection: keep-alive\r\n"),
  },
  { name: "a server that closes", client: get(), server: { say: ok("ok", "Connection: close\r\n"), end: "fin" } },
  {
    name: "two requests to a server that closes",
    client: [get("/1"), { until: "\r\n\r\nok" }, get("/2")],
    server: { say: ok("ok", "Connection: close\r\n"), end: "fin" },
    logs: 2,
  },
  {
    name: "two requests over one connection",
    client: [get("/1"), { until: "\r\n\r\nok" }, get("/2")],
    logs: 2,
  },
  { name: "three requests at once", client: get("/1") + get("/2") + get("/3"), logs: 3 },
  { name: "a request with a body, and another", client: post("Content-Length: 3\r\n", "abc") + get("/2"), logs: 2 },
  { name: "a request in chunks, and another", client: chunked("3\r\nabc\r\n0\r\n\r\n") + get("/2"), logs: 2 },
  { name: "a bad one behind a good one", client: `${get("/1")}G@T / HTTP/1.1\r\n\r\n`, logs: 2 },
  { name: "what follows a close is not read", client: get("/1", "Connection: close\r\n") + get("/2") },
  { name: "option httpclose", lines: "    option httpclose\n", client: get("/1") + get("/2") },
  { name: "option http-server-close", lines: "    option http-server-close\n", client: get("/1") + get("/2"), logs: 2 },
  {
    name: "option http-server-close before HTTP/1.0",
    lines: "    option http-server-close\n",
    client: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  },
  {
    name: "option http-pretend-keepalive",
    lines: "    option http-server-close\n    option http-pretend-keepalive\n",
    client: get(),
  },
  { name: "http-reuse never", lines: "    http-reuse never\n", client: get("/1") + get("/2"), logs: 2 },
  { name: "http-reuse always", lines: "    http-reuse always\n", client: get("/1") + get("/2"), logs: 2 },
  { name: "pool-max-conn 0", options: "pool-max-conn 0", client: get("/1") + get("/2"), logs: 2 },
  {
    name: "max-reuse 1",
    options: "max-reuse 1",
    client: get("/1") + get("/2") + get("/3"),
    logs: 3,
    differs: {
      because: "HAProxy 2.6 heeds it with HTTP/2 alone",
      server: [
        `${visible("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")}`,
        `${visible("GET /3 HTTP/1.1\r\nhost: a\r\n\r\n")}`,
      ],
    },
  },
  {
    name: "a client that ends behind its request",
    client: [get(), "FIN"],
    server: (socket) =>
      void socket.once("data", () =>
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 40),
      ),
  },
  { name: "a client that ends behind two", client: [get("/1") + get("/2"), "FIN"], logs: 2 },
  {
    name: "an idle connection past its time",
    lines: "    timeout http-keep-alive 100ms\n",
    client: [get(), "ended"],
  },
  {
    name: "option http-use-proxy-header",
    lines: "    option http-use-proxy-header\n",
    client: "GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n",
  },
  { name: "option http-ignore-probes", lines: "    option http-ignore-probes\n", client: ["FIN"], logs: 0 },
];

/** Bodies there and back. */
const bodies: readonly HttpCase[] = [
  {
    name: "HEAD",
    client: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    server: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
  },
  {
    name: "HEAD of chunks, and another",
    client: `HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get("/2")}`,
    server: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ok()],
    logs: 2,
  },
  {
    name: "HEAD of no length",
    client: `HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get("/2")}`,
    server: ["HTTP/1.1 200 OK\r\n\r\n", ok()],
    logs: 2,
  },
  { name: "204", client: get("/1") + get("/2"), server: ["HTTP/1.1 204 No Content\r\n\r\n", ok()], logs: 2 },
  {
    name: "304 with a length",
    client: get("/1") + get("/2"),
    server: ["HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n", ok()],
    logs: 2,
  },
  { name: "205 with a length of 0", client: get(), server: "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n" },
  {
    name: "a reason of several words",
    client: get(),
    server: "HTTP/1.1 299 Quite  all: right\r\nContent-Length: 0\r\n\r\n",
  },
  { name: "no reason", client: get(), server: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n" },
  { name: "no reason, and no space", client: get(), server: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n" },
  {
    name: "an answer in chunks",
    client: get(),
    server: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
  },
  {
    name: "an answer in chunks with trailers",
    client: get(),
    server:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\nab\r\n0\r\nX-A: b\r\nX-B:  c \r\n\r\n",
  },
  {
    name: "an answer in chunks to HTTP/1.0",
    client: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    server: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    differs: {
      because: "HTTP/1.0 knows no chunks",
      client: `${visible("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab")} fin`,
    },
  },
  { name: "an answer until the end", client: get(), server: { say: "HTTP/1.1 200 OK\r\n\r\nall of it", end: "fin" } },
  {
    name: "an answer until the end of HTTP/1.0",
    client: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    server: { say: "HTTP/1.0 200 OK\r\n\r\nall of it", end: "fin" },
  },
  {
    name: "an answer with the same length twice",
    client: get(),
    server: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
  },
  {
    name: "an answer with two lengths",
    client: get(),
    server: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\noky",
  },
  { name: "100 and an answer", client: get(), server: `HTTP/1.1 100 Continue\r\n\r\n${ok()}` },
  { name: "103 and an answer", client: get(), server: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}` },
  {
    name: "102 twice and an answer",
    client: get(),
    server: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok()}`,
  },
  {
    name: "103 for HTTP/1.0",
    client: "GET / HTTP/1.0\r\n\r\n",
    server: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}`,
    differs: {
      because: "HTTP/1.0 knows no 1xx",
      client: `${visible("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")} fin`,
    },
  },
  {
    name: "Expect, and the server says go on",
    client: [post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""), { until: "100 Continue\r\n\r\n" }, "ab"],
    server: (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      });
    },
  },
  {
    name: "Expect, and the server says no",
    client: post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""),
    early: true,
    server: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
    logs: 0,
    settleMs: 200,
  },
  {
    name: "Expect, and the body comes all the same",
    client: post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab"),
  },
  {
    name: "an early answer to an upload",
    client: [post("Content-Length: 10\r\n", "abc"), { until: "ok" }, "defghij"],
    server: (socket) => void socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")),
  },
  {
    name: "an early answer, and another request",
    client: [post("Content-Length: 10\r\n", "abc"), { until: "ok" }, `defghij${get("/2")}`],
    server: (socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => {
        const before = text;
        text += bytes.toString("latin1");
        if (before === "" || text.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    },
    logs: 2,
    chance: ["server"],
  },
  { name: "a body byte by byte", client: { slowly: post("Content-Length: 5\r\n", "abcde") } },
  { name: "two requests byte by byte", client: { slowly: post("Content-Length: 2\r\n", "ab") + get("/2") }, logs: 2 },
  { name: "a body of HTTP/1.0", client: "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab" },
  { name: "a body without a length in HTTP/1.0", client: "POST / HTTP/1.0\r\n\r\n" },
  { name: "GET with a body", client: get("/", "Content-Length: 2\r\n").concat("ab") },
  { name: "a length of 0", client: post("Content-Length: 0\r\n", "") },
  { name: "POST without a length", client: post("", "") },
  {
    name: "CONNECT",
    client: [
      "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
      { until: "\r\n\r\n" },
      "hello",
      { until: "hello" },
      "FIN",
    ],
    server: (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        socket.on("data", (bytes: Buffer) => socket.write(bytes));
      });
    },
  },
  {
    name: "CONNECT that is refused",
    client: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    server: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
  },
  { name: "CONNECT to a path", client: "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n" },
  {
    name: "a WebSocket",
    client: [
      get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
      { until: "\r\n\r\n" },
      "\x81\x00",
      { until: "\x81\x00" },
      "FIN",
    ],
    server: (socket) => {
      socket.once("data", () => {
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        );
        socket.on("data", (bytes: Buffer) => socket.write(bytes));
      });
    },
  },
  {
    name: "101 that nobody asked for",
    client: get(),
    server: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    chance: ["log"],
  },
];

compareAll([...odd, ...persistence, ...bodies]);
