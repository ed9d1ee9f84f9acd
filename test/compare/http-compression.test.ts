/** `compression` beside HAProxy: which answers are compressed and by what, what their heads say, and what comes out again. */
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";

const gzip = "    compression algo gzip\n";
const get = (fields: string, method = "GET", version = "1.1"): string =>
  `${method} / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`;
const accepts = (value: string): string => get(`Accept-Encoding: ${value}\r\n`);
const ok = (fields = "", body = "hello, hello, hello", status = "200 OK"): string =>
  `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (fields = "", rest = "5\r\nhello\r\n7\r\n, hello\r\n0\r\n\r\n"): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${fields}\r\n${rest}`;

/** `compression algo gzip`, and a client that takes it. */
function plain(name: string, server: HttpCase["server"], client: HttpCase["client"] = accepts("gzip")): HttpCase {
  return { name, lines: gzip, server: server ?? ok(), client, unpacks: true };
}

/** What the client accepts. */
function accepted(value: string, lines = gzip): HttpCase {
  return { name: `accepts ${JSON.stringify(value)}`, lines, server: ok(), client: accepts(value), unpacks: true };
}

/** The client says that it does not take what HAProxy sends it. */
function unwanted(value: string): HttpCase {
  const head = "HTTP/1.1 200 OK\\r\\ncontent-length: 19\\r\\n\\r\\n";
  return {
    ...accepted(value),
    differs: { because: "the client refuses gzip", client: `"${head}hello, hello, hello" open` },
  };
}

// What HAProxy makes of an empty list is left to chance.
const accepting: readonly HttpCase[] = [
  ...[
    "gzip",
    "GZIP",
    "gzip, deflate, br, zstd",
    "br",
    "gzip;q=0",
    "gzip;q=0.0",
    "gzip;q=0.001",
    "gzip;q=0.0009",
    "gzip; q=1",
    "gzip;q=2",
    "gzip;q=",
    "gzip;q=x",
    'gzip;q="0"',
    "gzip;q= 0",
    "gzip; q = 0",
    "gzip ; q=0",
    "gzip q=0",
    "gzip;a=b",
    "gzip;a=b;q=0",
    "gzip;q=0.5;q=0",
    "gzip;",
    "gzip;;q=0",
    "gzip,",
    "gzipx",
    "x-gzip",
    '"gzip"',
    "*",
    "*gzip",
    "*;q=0",
    "identity",
    "br;q=1.0, gzip;q=0.8, *;q=0.1",
  ].map((value) => accepted(value)),
  unwanted("gzip;Q=0"),
  unwanted("gzip;q=0, *"),
  unwanted("*;q=0.5, gzip;q=0"),
  plain("nothing is accepted", ok(), get("")),
  plain("two lines", ok(), get("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n")),
];

const algorithms: readonly HttpCase[] = [
  accepted("*", "    compression algo gzip deflate\n"),
  accepted("gzip, deflate", "    compression algo gzip deflate\n"),
  accepted("deflate, gzip", "    compression algo gzip deflate\n"),
  accepted("deflate;q=0.5, gzip;q=0.6", "    compression algo gzip deflate\n"),
  accepted("*", "    compression algo gzip\n    compression algo deflate\n"),
  accepted("deflate", "    compression algo deflate raw-deflate\n"),
  accepted("deflate", "    compression algo raw-deflate deflate\n"),
  accepted("br", "    compression algo identity gzip\n"),
  accepted("identity;q=0", "    compression algo identity\n"),
  accepted("*", "    compression algo identity gzip\n"),
  accepted("gzip", "    compression type text/html\n"),
  accepted("gzip", "    filter compression\n"),
  accepted("gzip", "    filter compression\n    compression algo gzip\n"),
];

const answers: readonly HttpCase[] = [
  ...["200", "201", "202", "203", "205", "206", "226", "301", "400", "404", "500"].map((status) =>
    plain(`status ${status}`, ok("", "hello", `${status} X`)),
  ),
  plain("status 204", "HTTP/1.1 204 X\r\n\r\n"),
  plain("status 304", 'HTTP/1.1 304 X\r\nETag: "a"\r\n\r\n'),
  plain("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", get("Accept-Encoding: gzip\r\n", "HEAD")),
  plain("POST", ok(), get("Accept-Encoding: gzip\r\nContent-Length: 0\r\n", "POST")),
  plain("a client of HTTP/1.0", ok(), get("Accept-Encoding: gzip\r\n", "GET", "1.0")),
  plain("that keeps its connection", ok(), get("Accept-Encoding: gzip\r\nConnection: keep-alive\r\n", "GET", "1.0")),
  {
    ...plain("chunks to a client of HTTP/1.0", chunked(), get("Accept-Encoding: gzip\r\n", "GET", "1.0")),
    differs: {
      because: "HTTP/1.0 knows no chunks",
      client: '"HTTP/1.1 200 OK\\r\\nconnection: close\\r\\n\\r\\nhello, hello" fin',
    },
  },
  plain("a server of HTTP/1.0", ok().replace("HTTP/1.1", "HTTP/1.0")),
  plain("no length", { say: "HTTP/1.1 200 OK\r\n\r\nhello", end: "fin" }),
  plain("an empty body", ok("", "")),
  plain("chunks", chunked()),
  plain("chunks without any", chunked("", "0\r\n\r\n")),
  // Of what is compressed bytes are counted as they were before, without trailers.
  { ...plain("chunks with trailers", chunked("Trailer: x\r\n", "5\r\nhello\r\n0\r\nX: y\r\n\r\n")), chance: ["log"] },
  plain("large", ok("", "a line that is not the same as the others: 1234567890\n".repeat(900))),
  plain("large chunks", chunked("", `${(45_000).toString(16)}\r\n${"0123456789abcde".repeat(3000)}\r\n0\r\n\r\n`)),
  plain("bytes of all kinds", ok("", Array.from({ length: 2048 }, (_, at) => String.fromCharCode(at % 256)).join(""))),
  {
    name: "a plain answer behind a compressed one",
    lines: gzip,
    server: ok(),
    client: [accepts("gzip"), { until: "\r\n0\r\n\r\n" }, get(""), { until: "hello, hello, hello" }],
    // Two programs do not compress in the same way.
    chance: ["client", "log"],
    logs: 2,
  },
];

const fields: readonly HttpCase[] = [
  "Content-Encoding: br",
  "Content-Encoding: identity",
  "Content-Encoding:",
  "Cache-Control: no-transform",
  "Cache-Control: private, No-Transform",
  "Cache-Control: no-transform=1",
  "Pragma: no-transform",
  'ETag: "a"',
  'ETag: W/"a"',
  'ETag: w/"a"',
  "ETag: a",
  'ETag: ""',
  'ETag: "a',
  'ETag: "a"b"',
  'ETag: "a", "b"',
  'ETag: "a"\r\nETag: "b"',
  "ETag:",
  "ETag: W/",
  "Vary: *",
  "Vary: Accept-Encoding",
  "Content-Type: multipart/x",
  "Content-Type: Multipart",
  "Content-Type:",
  "Content-MD5: x",
  "Accept-Ranges: bytes",
  "Connection: close",
  'Date: x\r\nServer: y\r\nETag: "q"\r\nX: z',
].map((line) => plain(`an answer with ${line.replaceAll("\r\n", " and ")}`, ok(`${line}\r\n`)));

const types: readonly HttpCase[] = [
  "Content-Type: text/html\r\n",
  "Content-Type: TEXT/plain; charset=x\r\n",
  "Content-Type: application/jsonp\r\n",
  "Content-Type: application/jso\r\n",
  "Content-Type: image/png, text/html\r\n",
  "Content-Type: text/html\r\nContent-Type: image/png\r\n",
  "Content-Type: image/png\r\nContent-Type: text/html\r\n",
  "",
].map((line) => ({
  ...plain(`types, and ${line.replaceAll("\r\n", " ")}`, ok(line)),
  lines: `${gzip}    compression type text/ application/json\n`,
}));

const agents: readonly HttpCase[] = [
  "Mozilla/4",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
  "Mozilla/4.0 (compatible; MSIE 7.0; x",
  "Mozilla/4.0 (compatible; MSIE 5.5; x",
  "Mozilla/4.0 (compatible; MSIE 7",
  "Mozilla/4.0 (compatible; MSIE ",
  "Mozilla/4.0 (compatible; MSIE 10",
  "Mozilla/45",
  "Mozilla/5.0",
  "mozilla/4",
].map((agent) => plain(agent, ok(), get(`Accept-Encoding: gzip\r\nUser-Agent: ${agent}\r\n`)));

const offload = `${gzip}    compression offload\n`;

const offloads: readonly HttpCase[] = [
  { ...plain("offload", ok(), get("Accept-Encoding: br\r\nX: y\r\nAccept-Encoding: gzip, br\r\n")), lines: offload },
  { ...plain("offload of what is not had here", ok(), accepts("br")), lines: offload },
  {
    ...plain("offload for an old browser", ok(), get("Accept-Encoding: gzip\r\nUser-Agent: Mozilla/4\r\n")),
    lines: offload,
  },
  { ...plain("offload, and compressed all the same", ok("Content-Encoding: br\r\n"), accepts("gzip")), lines: offload },
  {
    ...plain("offload and HTTP/1.0", ok(), get("Accept-Encoding: gzip\r\n", "GET", "1.0")),
    lines: offload,
  },
  {
    ...plain("offload of identity", ok(), accepts("br")),
    lines: "    compression algo identity\n    compression offload\n",
  },
];

/** A frontend and a backend with lines of their own. */
function halves(name: string, front: string, back: string, client: string, server = ok()): HttpCase {
  return {
    name,
    sections: `backend <name>b\n    mode http\n${back}    server s <server>\n`,
    lines: `${front}    default_backend <name>b\n`,
    client,
    server,
    unpacks: true,
    chance: ["log"],
  };
}

const type = (name: string): string => `    compression type ${name}\n`;
const both = "gzip, deflate;q=0.9";

const sections: readonly HttpCase[] = [
  halves("the frontend alone", gzip, "", accepts("gzip")),
  halves("the backend alone", "", gzip, accepts("gzip")),
  halves("the backend's algorithms first", "    compression algo deflate\n", gzip, accepts(both)),
  halves("the backend's alone count", "    compression algo deflate\n", gzip, accepts("deflate")),
  halves(
    "types of both",
    type("text/plain"),
    gzip + type("text/html"),
    accepts("gzip"),
    ok("Content-Type: text/html\r\n"),
  ),
  halves(
    "the frontend's type",
    type("text/plain"),
    gzip + type("text/html"),
    accepts("gzip"),
    ok("Content-Type: text/plain\r\n"),
  ),
  halves(
    "types of the frontend, algorithms of the backend",
    type("text/plain"),
    gzip,
    accepts("gzip"),
    ok("Content-Type: text/html\r\n"),
  ),
  halves("and one of them", type("text/plain"), gzip, accepts("gzip"), ok("Content-Type: text/plain\r\n")),
  halves("offload of the frontend", "    compression offload\n", gzip, accepts("gzip")),
  halves("a filter of the frontend", "    filter compression\n", gzip, accepts("gzip")),
  halves("identity of the frontend alone", "    compression algo identity\n", gzip, accepts("br")),
];

const asked = "    http-request set-header accept-encoding gzip\n";

const rules: readonly HttpCase[] = [
  { ...plain("a rule that asks for it", ok(), get("")), lines: gzip + asked },
  { ...plain("a rule that asks for nothing", ok()), lines: `${gzip}    http-request del-header accept-encoding\n` },
  { ...plain("a bad tag taken out", ok("ETag: x\r\n")), lines: `${gzip}    http-response del-header etag\n` },
  { ...plain("a good tag taken out", ok('ETag: "a"\r\n')), lines: `${gzip}    http-response del-header etag\n` },
  { ...plain("a tag set", ok()), lines: `${gzip}    http-after-response set-header etag '"b"'\n` },
  { ...plain("another status, too late", ok()), lines: `${gzip}    http-response set-status 404\n` },
  { ...plain("a good status, too late", ok("", "x", "404 X")), lines: `${gzip}    http-response set-status 200\n` },
  { ...plain("a type, too late", ok()), lines: `${gzip}    http-response set-header content-type multipart/x\n` },
  {
    ...plain("a word against it, too late", ok()),
    lines: `${gzip}    http-response set-header cache-control no-transform\n`,
  },
  {
    ...plain("a coding of a rule", ok()),
    lines: `${gzip}    http-after-response set-header content-encoding br\n`,
    differs: {
      because: "the answer would have two codings, of which one is not there",
      client: '"HTTP/1.1 200 OK\\r\\ncontent-length: 19\\r\\ncontent-encoding: br\\r\\n\\r\\nhello, hello, hello" open',
    },
  },
  {
    ...plain("what rules see of it", ok()),
    lines: `${gzip}    http-response set-header x-comp "%[res.comp]/%[res.comp_algo]"\n    http-after-response set-header y-comp "%[res.comp]/%[res.comp_algo]"\n`,
  },
  {
    ...plain("what rules see of none", ok("ETag: x\r\n")),
    lines: `${gzip}    http-response set-header x-comp "%[res.comp]/%[res.comp_algo]"\n`,
  },
  {
    ...plain("what the log sees of it", ok(), accepts("deflate")),
    lines: '    compression algo raw-deflate\n    log-format "<name> %[res.comp] %[res.comp_algo] %ST"\n',
  },
  {
    ...plain("what the log sees of none", ok(), get("")),
    lines: `${gzip}    log-format "<name> %[res.comp] %[res.comp_algo] %ST"\n`,
  },
  {
    ...plain("an answer of ours", ok()),
    lines: `${gzip}    http-request return status 200 content-type text/html string aaaaaaaaaaaaaaaa\n`,
  },
  {
    ...plain("an answer of ours in the server's place", ok()),
    lines: `${gzip}    http-response return status 200 content-type text/html string aaaaaaaaaaaaaaaa\n`,
  },
  { ...plain("a connection that is closed", ok()), lines: `${gzip}    option httpclose\n` },
  { ...plain("a cookie", ok()), lines: `${gzip}    cookie S insert\n`, options: "cookie one" },
];

compareAll([
  ...accepting,
  ...algorithms,
  ...answers,
  ...fields,
  ...types,
  ...agents,
  ...offloads,
  ...sections,
  ...rules,
]);
