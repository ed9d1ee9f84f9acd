/** Rules of HTTP under HAProxy and under fairlead: what server and client see of one request each must be the same. */
import { expect, setDefaultTimeout } from "bun:test";
import { createServer, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandPath, environment, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { ask } from "./http/ask.ts";

setDefaultTimeout(120_000);

/** Requests by the names that cases give them, without `Connection: close` and the number of their case. */
const requests = {
  origin: "GET /a/b?x=1&y=2 HTTP/1.1\r\nHost: h.example\r\nX-M: 1\r\nX-M: 2, 3\r\nCookie: foo=bar; x=y\r\n",
  absolute: "GET http://h.example/a/b?x=1 HTTP/1.1\r\nHost: h.example\r\n",
  star: "OPTIONS * HTTP/1.1\r\nHost: h.example\r\n",
  bare: "GET http://h.example HTTP/1.1\r\nHost: h.example\r\n",
  head: "HEAD /a HTTP/1.1\r\nHost: h.example\r\n",
  old: "GET /a HTTP/1.0\r\n",
  slash: "GET /a/ HTTP/1.1\r\nHost: h.example\r\n",
  odd: "PATCH /a HTTP/1.1\r\nHost: h.example\r\n",
} as const;

type Asked = keyof typeof requests;

const targets: readonly Asked[] = ["origin", "absolute", "star", "bare"];

/** Lines of the frontend, one case each, for requests of these names. */
const lists: readonly (readonly [asked: readonly Asked[], lines: readonly string[]])[] = [
  [
    targets,
    [
      "http-request set-path /p",
      "http-request set-path /p?q",
      "http-request set-pathq /p?z",
      "http-request set-query z=9",
      "http-request set-query %[var(txn.none)]",
      'http-request set-query "?z"',
      "http-request set-uri /u",
      "http-request set-uri http://o.example/u",
      "http-request set-method POST",
      "http-request set-method POST\n http-request set-header X-E %[method]|%[capture.req.method] if { method GET OPTIONS } METH_GET",
      "http-request set-method FOO\n http-request set-header X-E %[method]\n http-response set-header X-E [%[method]]",
      "http-request replace-path (.*) /x\\\\1",
      "http-request replace-path /(a) /\\\\1/\\\\0",
      "http-request replace-pathq ([^?]*)(.*) /n\\\\1/m\\\\2",
      "http-request replace-uri (.*) \\\\0z",
      "http-request replace-uri ^http://([^/]*)(/.*) https://o.example\\\\2",
      "http-request set-header Host other.example",
      "http-request replace-header Host (.*) x.\\\\1",
      "http-request set-header X-F %HM|%HU|%HP|%HQ|%HV|%b|%s",
      "http-request set-path /p%[path] if { path_beg /a }",
      "http-request set-var(txn.p) path\n http-request set-path /p\n http-request set-header X-P %[var(txn.p)]|%[path]|%[url]",
      "http-request redirect location /x%[path]?%[query]",
      "http-request redirect location /x",
      "http-request redirect prefix https://n.example",
      "http-request redirect prefix %[str(/)]",
      "http-request redirect scheme https",
    ],
  ],
  [
    ["origin"],
    [
      "http-request replace-path /a(.*) /t\\\\x41\\\\1",
      "http-request replace-path (.*) /t\\\\9\\\\1",
      "http-request replace-path zzz /t",
      "http-request replace-path /a(.*) /%[req.hdr(host)]\\\\1",
      "http-request set-header X-M %[req.fhdr(x-m)]|%[req.hdr(x-m,1)]|%[req.hdr_cnt(x-m)]",
      "http-request set-query x=%[urlp(y)]",
      "http-request capture req.hdr(x-m) len 4\n http-request set-header X-P %[capture.req.hdr(0)]",
      'http-request return content-type text/plain lf-string "%[path] %HU %[req.cook(foo)]"',
      'http-request return content-type text/plain lf-string "%[url_param(x)]" hdr X-P %[path]',
      "http-response redirect location /r%[status]",
      "http-response set-header X-S %[status]|%[res.hdr(x-multi)]|%ST",
      "http-response set-header X-P %[capture.req.uri]",
      "http-response deny if { res.hdr(server) s }",
      "http-request deny if METH_GET { path /a/b }",
      "http-request deny unless { req.hdr(host) -i H.EXAMPLE }",
      "http-after-response set-header X-S %[status]\n http-request deny",
      "http-request set-header X-M new",
      "http-request add-header X-M new",
      "http-request set-header X-E %[var(txn.none)]",
      "http-request set-header X-E [%bi|%bp|%si|%CC|%CS|%{+Q}CC|%hsl]",
      'http-request set-var-fmt(txn.e) [%bi|%CC|%{+Q}CC]\n http-request set-header X-E "%[var(txn.e)]"',
      "http-request set-header X-E [%[req.hdr(connection)]|%[req.hdr_names]]",
      "http-request set-header X-M %[req.hdr_names]\n http-request set-header Connection close\n http-request set-header X-E [%[req.hdr(connection)]]",
      "http-response set-header X-E [%[res.hdr(connection)]|%[res.hdr_names]]",
      "http-request return hdr X-A %[var(txn.none)] hdr X-B b",
      'http-request return status 418 content-type text/plain lf-string "%ST %[path]" hdr X-S %ST',
      'http-error status 404 content-type text/plain lf-string "%ST"\n http-request deny deny_status 404',
      "http-response return status 403 content-type text/plain string abc hdr X-S %ST",
      "http-request return content-type text/plain string abc\n http-after-response set-header X-S %[res.body_size]|%[res.body_len]|%[res.body]",
      "http-after-response set-header X-S %[res.body_size]",
      "http-request set-header X-E %[req.body,length]|%[req.body,concat(+)] if { req.body -m found }",
      "acl a hdr(x-m),field(2,=) -m found\n http-request set-header X-E y if a\n http-request set-header X-M z,b=1\n http-request set-header X-F y if a",
      "http-request set-header X-M b=1,z\n http-request set-header X-F y if { hdr(x-m),field(2,=) -m found }",
      'http-request set-header X-E "%[path]" if { path_dir / } or { path_dir // } or { path -m dom . }',
      "http-request set-header X-E y if { path_dir a/b } { path_dir /b }",
      'http-request set-header X-E "%[str(a/b),word(3,/),concat(+)]|%[str(a/b),word(-3,/),concat(+)]|%[str(/),word(1,/),concat(+)]"',
      'http-request set-header X-E "%[str(a/b),field(3,/),concat(+)]|%[str(a/b),field(-3,/),concat(+)]|%[str(a/),field(2,/),concat(+)]"',
      'http-request set-header X-E "%[str(),add(1)]|%[str(),bool]|%[str(),iif(a,b)]|%[str(no),bool]"',
      'http-request set-header X-E "%[str(10.0.0.1:80),ipmask(8)]|%[str(10.0.0.1x),ipmask(8)]|%[str(10.0.0.1.),ipmask(8)]|%[str(10.0.0),ipmask(8)]"',
      'http-request set-header X-E "%[str(ABC.example:80),host_only]"',
      'http-request set-header X-E "%[int(1700000000007),http_date(1,ms)]|%[int(1700000000123456),http_date(0,us)]|%[int(7),http_date(0,s)]"',
      'http-request set-var(txn.a) str(a)\n http-request set-header X-E "%[str(abcd),strcmp(txn.a)]|%[str(),strcmp(txn.a)]|%[str(c),strcmp(txn.a)]"',
      'http-request set-header X-C "%[str(a%0Ab%09c%7f%c3%a4),url_dec]"',
      'http-request set-header X-S "a   b  %[int(5)]  c "',
      "http-request set-header X-Q %{+Q}[int(5)]",
      "http-request del-header X-M",
      "http-request del-header x- -m beg",
      "http-request del-header -M -m end",
      "http-request del-header OO -m sub",
      "http-request del-header ^x -m reg",
      "http-request del-header ^X -m reg",
      "http-request del-header X -m str",
      "http-request replace-header X-M (.*) [\\\\1]",
      "http-request replace-header X-M 2 two",
      "http-request replace-value X-M 2 two",
      "http-request replace-value X-M 3 three",
      "http-request replace-value X-M (.*) [\\\\1]",
      "http-response replace-value X-Multi (.*) <\\\\1>",
      "http-request replace-value X-M 1 one",
      "http-request replace-header Cookie foo=([^;]*);(.*) foo=\\\\1;ip=x;\\\\2",
      "http-request replace-header X-M . end\\\\",
      "http-request strict-mode off\n http-request replace-header X-M . end\\\\",
      "http-request replace-header X-M (.*) %[var(txn.none)]",
      "http-request redirect prefix /",
      "http-request redirect prefix /z append-slash",
      "http-request redirect prefix /z drop-query",
      "http-request redirect prefix /z drop-query append-slash",
      "http-request redirect scheme https drop-query append-slash",
      "http-request redirect location /x code 301",
      "http-request redirect location /x code 303",
      "http-request redirect location /x code 307",
      "http-request redirect location /x code 308",
      "http-request redirect location %[var(txn.none)]",
      "http-request redirect location %[var(txn.none)] ignore-empty",
      "http-request redirect location /x set-cookie A=1",
      "http-request redirect location /x clear-cookie A",
      "http-request redirect location /x clear-cookie A=",
      'http-request redirect location "/%[str(a%0Ab),url_dec]"',
      "redirect location /x%[src] if TRUE",
      "redirect location /x unless TRUE",
      "http-response redirect location /r",
      "http-response deny",
      "http-response deny deny_status 403",
      "http-response return status 404 content-type a/b string gone",
      "http-request deny deny_status 429",
      "http-request deny status 429",
      'http-request deny status 429 hdr X-A b hdr X-B "%[int(7)]"',
      'http-request return status 200 content-type text/plain string "a  b"',
      "http-request return status 204",
      "http-request return status 304",
      "http-request return status 418",
      "http-request return status 599",
      "http-request return content-type text/plain lf-string %[var(txn.none)]",
      'http-request return content-type text/plain lf-string "a  %[int(7)]"',
      "http-request auth realm x",
      "option http-use-proxy-header\n http-request auth realm x",
      "http-error status 404 content-type a/b string x\n http-request deny deny_status 404",
      "http-error status 401 content-type a/b string x\n http-request auth realm x",
      "http-request reject",
      "http-request allow\n http-request deny",
      "http-response set-status 404",
      'http-response set-status 404 reason "Not here"',
      "http-response set-status 299",
      "http-response set-status 204",
      "http-after-response set-status 503\n http-request return status 200",
      "http-after-response set-header X-After 1\n http-request deny",
      "http-response set-header X-Multi z",
      "http-response replace-value X-Multi a <>",
      "http-response del-header X-Multi",
      'http-request early-hint Link "</a>; rel=preload"\n http-request early-hint X-B %[int(7)]',
      "http-request early-hint Link a\n http-request deny",
    ],
  ],
  [["absolute"], ["option http-use-proxy-header\n http-request auth realm x"]],
  [
    ["head"],
    ["http-request deny", "http-request return", "http-request auth realm x", "http-request redirect location /x"],
  ],
  [["old"], ["http-request redirect scheme https", "http-request deny", "http-request early-hint Link a"]],
  [
    ["odd"],
    [
      "http-request set-method GET\n http-request set-header X-E %[method]|%[capture.req.method]",
      "http-request set-method FOO\n http-request set-header X-E %[method] unless METH_GET",
    ],
  ],
  [["slash"], ["http-request redirect prefix /z append-slash"]],
];

const cases = lists.flatMap(([asked, lines]) => lines.flatMap((line) => asked.map((name) => ({ name, line }))));

const answer =
  "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Multi: a\r\nX-Multi: b, c\r\nServer: s\r\nConnection: close\r\n\r\nok";

/** A server on a unix socket that notes each head by the number of its case. */
async function origin(path: string, seen: Map<string, string>): Promise<Disposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      seen.set(/\r\nn: (\d+)/.exec(text)?.[1] ?? "", text.slice(0, end));
      socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Messages with their fields in one order: that is nobody's business. */
function sorted(text: string): string {
  const heads = text.split(/(?<=\r\n\r\n)(?=HTTP\/1)/);
  return heads
    .map((one) => {
      const [head = "", ...body] = one.split("\r\n\r\n");
      const [first = "", ...fields] = head.split("\r\n");
      return [first, ...fields.toSorted(), "", ...body].join("\n");
    })
    .join("");
}

function configuration(folder: string): string {
  const sections = cases.map(({ line }, at) => {
    const bind = ` bind unix@${join(folder, `f${at}`)}`;
    return `frontend f${at}\n${bind}\n ${line}\n default_backend b\n`;
  });
  return `defaults
 mode http
 timeout client 5s
 timeout server 5s
 timeout connect 5s
${sections.join("")}backend b
 server s unix@${join(folder, "origin")}
`;
}

/** What each case comes to: what the server saw, and what the client got. */
async function performed(command: readonly string[]): Promise<string[]> {
  using folder = scratch();
  const file = folder.file("a.cfg");
  writeFileSync(file, configuration(folder.path));
  const seen = new Map<string, string>();
  using _ = await origin(folder.file("origin"), seen);
  await using running = start([...command, "-db", "-f", file], {
    env: environment,
  });
  const last = folder.file(`f${cases.length - 1}`);
  await waitUntil("it listens", async () => {
    if (running.signal !== null) throw new Error(running.stderr.text);
    return (await ask(last, "GET / HTTP/1.0\r\n\r\n")) === "" ? null : true;
  });
  const results: string[] = [];
  for (const [at, { name, line }] of cases.entries()) {
    const received = await ask(folder.file(`f${at}`), `${requests[name]}N: ${at}\r\nConnection: close\r\n\r\n`);
    const saw = sorted(`${seen.get(String(at)) ?? "nothing"}\r\n\r\n`).replace(/\nconnection: close/, "");
    results.push(`${name}: ${line}\n${saw}\n${sorted(received)}`);
  }
  return results;
}

testWith(["haproxy", "fairlead"], `${cases.length} rules of HTTP do what HAProxy's do`, async () => {
  const program = [process.execPath, join(import.meta.dirname, "../../src/main.ts")];
  const [theirs, ours] = [await performed([commandPath("haproxy")]), await performed(program)];
  expect(ours).toEqual(theirs);
});
