/** What rules wait for, names and bodies, and servers that are where a rule says, beside HAProxy. */
import { afterAll } from "bun:test";
import type { Socket } from "node:net";
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { startNameServer } from "./name-server.ts";
import { visible } from "./transcript.ts";

const names = await startNameServer();
afterAll(() => names.close());

const section = `resolvers names
    nameserver one ${names.address}
    resolve_retries 2
    timeout resolve 1s
    timeout retry 250ms
`;

const get = (host: string, more = ""): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const lines = (...all: readonly string[]): string => all.map((line) => `    ${line}\n`).join("");
const toName = lines(
  "http-request do-resolve(txn.to,names,ipv4) hdr(host),host_only",
  "http-request return status 404 content-type text/plain string none unless { var(txn.to) -m found }",
  "http-request set-dst var(txn.to)",
  "http-request set-dst-port int(<server:port>)",
  "server s 0.0.0.0:0",
);
const tells = lines('http-request return content-type text/plain lf-string "[%[var(txn.to)]]"');
const tcp = lines("mode tcp", "option tcplog");
const byPort = lines("tcp-request content set-dst-port int(<server:port>)", "server s 0.0.0.0:0");

const rows: readonly HttpCase[] = [
  { name: "a request goes to the address of the name it asks for", lines: toName, client: get("a.test") },
  { name: "its port is no part of the name, nor does case matter", lines: toName, client: get("A.Test:8080") },
  { name: "an answer that takes its time is waited for", lines: toName, client: get("slow.test") },
  { name: "a name that is not there sets nothing", lines: toName, client: get("nx.test") },
  { name: "a name that nobody answers for sets nothing, in time", lines: toName, client: get("silent.test") },
  { name: "what is no name is not asked for", lines: toName, client: get("a..test") },
  {
    name: "IPv6 comes first unless something else is said",
    lines: lines("http-request do-resolve(txn.to,names) hdr(host)") + tells,
    client: get("both.test"),
  },
  {
    name: "IPv4 where there is no IPv6",
    lines: lines("http-request do-resolve(txn.to,names,ipv6) hdr(host)") + tells,
    client: get("a.test"),
  },
  {
    name: "IPv6 where there is no IPv4",
    lines: lines("http-request do-resolve(txn.to,names,ipv4) hdr(host)") + tells,
    client: get("six.test"),
  },
  {
    name: "one name after the other",
    lines:
      lines(
        "http-request do-resolve(txn.from,names,ipv4) str(slow.test)",
        "http-request do-resolve(txn.to,names,ipv6) str(both.test) if { var(txn.from) -m ip 127.0.0.1 }",
      ) + tells,
    client: get("x"),
  },
  {
    name: "no expression, no question",
    lines: lines("http-request do-resolve(txn.to,names) hdr(x-none)") + tells,
    client: get("a.test"),
  },
  {
    name: "requests behind each other, each its own",
    lines: toName,
    client: get("slow.test") + get("nx.test") + get("a.test"),
    logs: 3,
  },
  {
    name: "a client that has sent all it wanted gets its answer",
    lines: toName,
    client: [get("slow.test"), { pause: 50 }, "FIN", "ended"],
  },
  {
    name: "a client that goes meanwhile",
    lines: toName,
    client: [get("slow.test"), { pause: 50 }, "RST"],
    chance: ["client"],
    differs: {
      because: "a reset is seen as it comes, and no server is asked",
      server: [],
      log: ['127.0.0.1:<port> [date] <name> <name>/<NOSRV> N/-1/-1/-1/N 400 B - - CR-- A/1/0/0/0 0/0 "GET / HTTP/1.1"'],
    },
  },
  {
    name: "in mode tcp",
    lines: `${tcp}${lines(
      "tcp-request inspect-delay 3s",
      "tcp-request content do-resolve(sess.to,names,ipv4) str(slow.test)",
      "tcp-request content reject unless { var(sess.to) -m ip 127.0.0.1 }",
      "tcp-request content set-dst var(sess.to)",
    )}${byPort}`,
    client: [get("x"), { until: "ok" }, "FIN", "ended"],
    chance: ["log"],
  },
  {
    name: "in mode tcp, for as long as is inspected",
    lines: `${tcp}${lines(
      "tcp-request inspect-delay 100ms",
      "tcp-request content do-resolve(sess.to,names,ipv4) str(silent.test)",
      "tcp-request content reject if { var(sess.to) -m found }",
    )}${byPort}`,
    client: [get("x"), { until: "ok" }, "FIN", "ended"],
    chance: ["log"],
  },
  {
    name: "in mode tcp, a client that goes meanwhile",
    lines: `${tcp}${lines(
      "tcp-request inspect-delay 3s",
      "tcp-request content do-resolve(sess.to,names,ipv4) str(silent.test)",
    )}${byPort}`,
    client: [get("x"), { pause: 50 }, "RST"],
    chance: ["client", "log"],
  },
  {
    name: "in mode tcp, without a time to inspect",
    lines: `${tcp}${lines(
      "tcp-request content do-resolve(sess.to,names,ipv4) str(slow.test)",
      "tcp-request content reject if { var(sess.to) -m found }",
    )}${byPort}`,
    client: get("x"),
    chance: ["log"],
    differs: { because: "HAProxy asks nobody there", client: '"" fin', server: [] },
  },
  {
    name: "a server without an address is where the client came to",
    lines: lines("http-request set-dst-port int(<server:port>)", "server s 0.0.0.0"),
    client: get("x"),
  },
  {
    name: "the same with a port of its own",
    lines: lines("http-request set-dst ipv4(127.0.0.1)", "server s 0.0.0.0:<server:port>"),
    client: get("x"),
  },
  {
    name: "a body that is too late",
    lines: lines("http-request wait-for-body time 150ms"),
    client: ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "ended"],
  },
  {
    name: "a body that is too late for the choice of a server",
    lines: lines("timeout http-request 150ms", "balance url_param x check_post"),
    client: ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "ended"],
  },
];

/** An answer in pieces, each some time after the one before. */
function inPieces(...pieces: readonly (string | "FIN" | "RST")[]): (socket: Socket) => void {
  return (socket) => {
    socket.once("data", () => {
      for (const [at, piece] of pieces.entries()) {
        setTimeout(() => {
          if (piece === "FIN") socket.end();
          else if (piece === "RST") socket.resetAndDestroy();
          else socket.write(piece);
        }, at * 80);
      }
    });
  };
}

const six = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
const waits = "http-response wait-for-body time 600ms";
const length = "http-response set-header x-length %[res.body_len]";
const broken =
  "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>\n";
const incomplete = {
  because: "nothing of it has gone: a client is better off with an answer that is whole",
  client: `${visible(
    `HTTP/1.1 502 Bad Gateway\r\ncontent-length: ${broken.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n${broken}`,
  )} open`,
  log: ['127.0.0.1:<port> [date] <name> <name>/s N/N/N/-1/N 502 B - - SH-- A/1/0/0/0 0/0 "GET / HTTP/1.1"'],
};

const answers: readonly HttpCase[] = [
  {
    name: "a body that rules have waited for",
    lines: lines(waits, length, "http-response deny if { res.body -m sub evil }"),
    client: [get("x"), { until: "6\r\n\r\nabcdef" }],
    server: inPieces(`${six}abc`, "def"),
  },
  {
    name: "a body that rules do not let pass",
    lines: lines(waits, "http-response deny if { res.body -m sub evil }"),
    client: [get("x"), { until: "</html>" }],
    server: inPieces(`${six}ev`, "il..", ""),
  },
  {
    name: "as much of a body as is wanted",
    lines: lines("http-response wait-for-body time 5s at-least 3", length),
    client: [get("x"), { until: "abc" }],
    server: inPieces(`${six}a`, "bc"),
    logs: 0,
  },
  {
    name: "one rule after the other, and those of the frontend behind those of the backend",
    lines: lines(
      "http-response wait-for-body time 5s at-least 2",
      "http-response set-header x-first %[res.body_len]",
      "http-response wait-for-body time 5s",
      length,
    ),
    client: [get("x"), { until: "abcdef" }],
    server: inPieces(six, "ab", "cdef"),
  },
  {
    name: "a body in chunks",
    lines: lines(waits, length),
    client: [get("x"), { until: "0\r\n\r\n" }],
    server: inPieces("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nab", "cdef\r\n", "0\r\n\r\n"),
  },
  {
    name: "a body that ends with its connection",
    lines: lines(waits, length),
    client: [get("x"), { until: "abcdef" }, "ended"],
    server: inPieces("HTTP/1.1 200 OK\r\n\r\nabc", "def", "FIN"),
  },
  {
    name: "an answer without a body is not waited for",
    lines: lines("http-response wait-for-body time 5s", length),
    client: ["HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", { until: "\r\n\r\n" }],
    server: six,
  },
  {
    name: "an answer whose body is too late",
    lines: lines("http-response wait-for-body time 150ms", "http-after-response set-header x-after 1"),
    client: [get("x"), { until: "</html>" }],
    server: inPieces(`${six}abc`),
  },
  {
    name: "the server is silent for too long while rules wait",
    lines: lines("timeout server 150ms", "http-response wait-for-body time 5s"),
    client: [get("x"), { until: "</html>" }],
    server: inPieces(`${six}abc`),
  },
  {
    name: "the server ends while rules wait",
    lines: lines(waits),
    client: [get("x"), { until: "\r\n\r\n" }],
    server: inPieces(`${six}abc`, "FIN"),
    differs: incomplete,
  },
  {
    name: "the server resets while rules wait",
    lines: lines(waits),
    client: [get("x"), { until: "\r\n\r\n" }],
    server: inPieces(`${six}abc`, "RST"),
    differs: incomplete,
  },
  {
    name: "the client is gone while rules wait",
    lines: lines("http-response wait-for-body time 300ms"),
    client: [get("x"), { pause: 100 }, "RST"],
    server: inPieces(`${six}abc`),
    chance: ["client"],
    differs: {
      because: "a reset is seen as it comes",
      log: ['127.0.0.1:<port> [date] <name> <name>/s N/N/N/N/N 400 B - - CH-- A/1/0/0/0 0/0 "GET / HTTP/1.1"'],
    },
  },
  {
    name: "more than there is room for",
    lines: lines("http-response wait-for-body time 5s", "http-response set-header x-size %[res.body_size]"),
    client: [get("x"), { until: "the end" }],
    server: inPieces(
      `HTTP/1.1 200 OK\r\nContent-Length: 40007\r\n\r\n${"x".repeat(20_000)}`,
      `${"y".repeat(20_000)}the end`,
    ),
  },
];

compareAll([...rows, ...answers], section);
