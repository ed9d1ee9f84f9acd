/** Where clients go beside HAProxy: without a server of a name (`dispatch`, `option transparent`), and from `mode tcp` to HTTP. */
import type { Socket } from "node:net";
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { visible } from "./transcript.ts";

const get = (path = "/", more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const lines = (...all: readonly string[]): string => all.map((line) => `    ${line}\n`).join("");
const served = [get(), { until: "ok" }, "FIN", "ended"] as const;

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const page =
  "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n";
const unavailable = `HTTP/1.1 503 Service Unavailable\r\ncontent-length: ${page.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n${page}`;

const backends =
  "backend one<name>\n    mode http\n    http-request set-header X-B one\n    server s <server>\nbackend two<name>\n    mode http\n    http-request set-header X-B two\n    server s <server>\n";
const switching = (...more: readonly string[]): string =>
  lines(
    "mode tcp",
    'log-format "%ft %s %ts %[var(sess.a)]"',
    "tcp-request inspect-delay 3s",
    ...more,
    "default_backend one<name>",
  );

/** Says from where it was connected to. */
function tellsSource(socket: Socket): void {
  socket.on("data", () => {
    const from = `from ${socket.remoteAddress}`;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${from.length}\r\n\r\n${from}`);
  });
}

const rows: readonly HttpCase[] = [
  { name: "dispatch", lines: lines("dispatch <server>"), client: get() },
  {
    name: "dispatch, one request after the other",
    lines: lines("dispatch <server>"),
    client: get("/1") + get("/2"),
    logs: 2,
  },
  {
    name: "dispatch to where nobody listens",
    lines: lines("dispatch <server>", "retries 1"),
    client: get(),
    server: null,
  },
  {
    name: "dispatch, and servers that nothing leads to",
    lines: lines("dispatch <server>", "server s 127.0.0.2:1"),
    client: get(),
  },
  {
    name: "dispatch, and a server that a rule leads to",
    lines: lines("dispatch 127.0.0.2:1", "use-server s if TRUE", "server s <server>"),
    client: get(),
  },
  {
    name: "dispatch gives no cookie",
    lines: lines("dispatch <server>", "cookie A insert", "http-send-name-header X-S"),
    client: get(),
  },
  {
    name: "a cookie leads past dispatch",
    lines: lines("dispatch 127.0.0.2:1", "cookie A insert", "server s <server> cookie one"),
    client: get("/", "Cookie: A=one\r\n"),
  },
  {
    name: "dispatch is not remembered",
    lines: lines(
      "dispatch <server>",
      "stick-table type ip size 10",
      "stick on src",
      "http-request set-header X-T %[src,in_table(<name>)]",
    ),
    client: get("/1") + get("/2"),
    logs: 2,
  },
  {
    name: "balance outweighs dispatch",
    lines: lines("dispatch 127.0.0.2:1", "balance roundrobin", "server s <server>"),
    client: get(),
  },
  {
    name: "dispatch in mode tcp",
    lines: lines("mode tcp", "option tcplog", "dispatch <server>"),
    client: served,
    chance: ["log"],
  },
  {
    name: "dispatch in mode tcp, told of",
    lines: lines("mode tcp", 'log-format "%ft %b %s %ts %rc %bi %si"', "dispatch <server>"),
    client: served,
  },
  {
    name: "transparent: where the client wanted to go",
    lines: lines("option transparent", "http-request set-dst-port int(<server:port>)"),
    client: get(),
  },
  {
    name: "transparent, and servers that nothing leads to",
    lines: lines("transparent", "http-request set-dst-port int(<server:port>)", "server s 127.0.0.2:1"),
    client: get(),
  },
  {
    name: "transparent in mode tcp",
    lines: lines(
      "mode tcp",
      'log-format "%ft %b %s %ts"',
      "option transparent",
      "tcp-request content set-dst-port int(<server:port>)",
    ),
    client: served,
  },
  {
    name: "switch-mode, and a backend by what is asked for",
    sections: backends,
    lines: switching("tcp-request content switch-mode http if HTTP", "use_backend two<name> if { path /2 }"),
    client: get("/1") + get("/2") + get("/1"),
    logs: 3,
  },
  {
    name: "switch-mode, and what is no HTTP",
    sections: backends,
    lines: switching("tcp-request content switch-mode http if { req.len gt 0 }"),
    client: ["SSH-2.0-x\r\n", "ended"],
  },
  {
    name: "switch-mode is the last of the rules",
    sections: backends,
    lines: switching(
      "tcp-request content set-var(sess.a) str(one)",
      "tcp-request content switch-mode http if HTTP",
      "tcp-request content set-var(sess.a) str(two)",
    ),
    client: get("/1"),
  },
  {
    name: "who is not switched stays",
    sections: backends,
    lines: lines(
      "mode tcp",
      'log-format "%ft %s %ts %[var(sess.a)]"',
      "tcp-request inspect-delay 3s",
      "tcp-request content set-var(sess.a) str(one)",
      "tcp-request content switch-mode http if { req.payload(0,3) -m str PUT }",
      "tcp-request content set-var(sess.a) str(two)",
      "tcp-request content accept if { req.len gt 0 }",
      "use_backend two<name> if { always_false }",
      "server s <server>",
    ),
    client: served,
  },
  {
    name: "switch-mode in mode http accepts",
    lines: lines("tcp-request content switch-mode http", "tcp-request content reject"),
    client: get(),
  },
  {
    name: "usesrc hdr_ip: from where a field says",
    lines: lines("source 0.0.0.0 usesrc hdr_ip(x-real-ip)", "server s <server>"),
    client: [get("/1", "X-Real-IP: 127.0.0.8, 127.0.0.7\r\n"), { until: "from 127.0.0.7" }],
    server: tellsSource,
  },
  {
    name: "usesrc hdr_ip: two requests from different places",
    lines: lines("server s <server> source 0.0.0.0 usesrc hdr_ip(x-real-ip,1)"),
    client: [
      get("/1", "X-Real-IP: 127.0.0.8, 127.0.0.7\r\n") + get("/2", "X-Real-IP: 127.0.0.9\r\n"),
      { until: "from 127.0.0.9" },
    ],
    server: tellsSource,
    logs: 2,
  },
  {
    name: "usesrc hdr_ip: the field that is added is among them, and balancing looks at it as well",
    lines: lines(
      "option forwardfor",
      "balance hdr(x-forwarded-for)",
      "source 0.0.0.0 usesrc hdr_ip(x-forwarded-for)",
      "server s <server>",
    ),
    client: [get("/1", "X-Forwarded-For: 127.0.0.8\r\n"), { until: "from 127.0.0.1" }],
    server: tellsSource,
  },
  {
    name: "usesrc hdr_ip: no field",
    lines: lines("source 0.0.0.0 usesrc hdr_ip(x-real-ip)", "server s <server>"),
    client: [get(), { until: "</html>" }],
    server: tellsSource,
  },
  {
    name: "usesrc hdr_ip: no address",
    lines: lines("source 0.0.0.0 usesrc hdr_ip(x-real-ip)", "server s <server>"),
    client: [get("/", "X-Real-IP: nobody\r\n"), { until: "from 127.0.0.1" }],
    server: tellsSource,
  },
  {
    name: "transparent, two requests that go to different places",
    lines: lines(
      "option transparent",
      "http-request set-dst-port int(<server:port>)",
      "http-request set-dst ipv4(127.0.0.2) if { path /2 }",
      "retries 0",
    ),
    client: get("/1") + get("/2"),
    logs: 2,
    differs: {
      because: "HAProxy sends the second over the connection of the first, wherever it was to go",
      client: `${visible(`${ok}${unavailable}`)} open`,
      server: [visible("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n")],
      log: [
        '127.0.0.1:<port> [date] <name> <name>/<NOSRV> N/N/N/N/N 200 B - - ---- A/1/0/0/0 0/0 "GET /1 HTTP/1.1"',
        '127.0.0.1:<port> [date] <name> <name>/<NOSRV> N/N/-1/-1/N 503 B - - SC-- A/1/0/0/0 0/0 "GET /2 HTTP/1.1"',
      ],
    },
  },
];

compareAll(rows);
