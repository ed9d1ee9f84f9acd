/** Options of `bind` lines (manual, 5.1). */
import { Complaint, complain } from "../text/complaint.ts";
import type { BindDraft } from "../draft/draft.ts";
import { type OptionRow, optionsOf } from "../row/line-options.ts";
import { choice, integer, text, time, wordList } from "../row/value.ts";

const { works, idle, refused } = optionsOf<BindDraft>("bind");

const count = (name: string, least: number) =>
  integer({
    name,
    missing: `'${name}' : missing value`,
    min: {
      value: least,
      message: (value) => `'${name}' : invalid value ${value}, must be ${least > 0 ? "> 0" : ">= 0"}`,
    },
  });

/** One of `words`, which messages call `list`. */
const oneOf = <const Words extends readonly string[]>(name: string, missing: string, words: Words, list: string) =>
  choice(words, (got) => `'${name}' ${got === "" ? `: ${missing}` : `only supports ${list} (got '${got}')`}`);

const owner = (name: "uid" | "gid") =>
  works(name, {
    usage: "<number>",
    tier: "A",
    help: `Owner of a unix socket's file, as ${name}.`,
    takes: [integer({ name, missing: `'${name}' : missing value` })],
    land: (bind, [value]) => void (bind[name] = value),
  });

const socketRows: readonly OptionRow<BindDraft>[] = [
  works("accept-proxy", {
    tier: "A",
    help: "Requires a PROXY header, version 1 or 2, at the start of each connection.",
    takes: [],
    land: (bind) => void (bind.acceptProxy = true),
  }),
  works("backlog", {
    usage: "<number>",
    tier: "B",
    help: "Connections that the kernel keeps until they are accepted.",
    takes: [count("backlog", 1)],
    land: (bind, [value]) => void (bind.backlog = value),
  }),
  works("defer-accept", {
    tier: "B",
    help: "Accepts a connection only once data are there (Linux). Not for SSH, where the server may speak first.",
    takes: [],
    land: (bind) => void (bind.deferAccept = true),
  }),
  works("id", {
    usage: "<number>",
    tier: "C",
    help: "The listener's number in statistics.",
    takes: [
      integer({
        name: "id",
        missing: "'id' : expects an integer argument",
        unreadable: (word) => `'id' : expects an integer argument, found '${word}'`,
        min: { value: 1, message: () => "'id' : custom id has to be > 0" },
      }),
    ],
    land(bind, [value]) {
      bind.id = value;
      bind.idGiven = true;
    },
  }),
  works("interface", {
    usage: "<name>",
    tier: "B",
    help: "Takes connections from one network interface only.",
    takes: [text("'interface' : missing interface name")],
    land: (bind, [name]) => void (bind.interface = name),
  }),
  works("maxconn", {
    usage: "<number>",
    tier: "B",
    help: "Sessions at once on this listener.",
    takes: [count("maxconn", 0)],
    land: (bind, [value]) => void (bind.maxconn = value),
  }),
  works("mss", {
    usage: "<bytes>",
    tier: "C",
    help: "Largest TCP segment.",
    takes: [text("'mss' : missing MSS value")],
    land(bind, [value], line) {
      const mss = Number(value);
      if (!Number.isInteger(mss) || mss === 0 || Math.abs(mss) > 65_535) {
        throw new Complaint("'mss' : expects an MSS with and absolute value between 1 and 65535", line.rest[0] ?? null);
      }
      bind.mss = mss;
    },
  }),
  works("cc", {
    usage: "<name>",
    tier: "C",
    help: "Congestion control of its connections (HAProxy 3.3 and later).",
    takes: [text("'cc' : missing algorithm name")],
    land: (bind, [value]) => void (bind.congestion = value),
  }),
  works("name", {
    usage: "<name>",
    tier: "B",
    help: "The listener's name in logs and statistics.",
    takes: [text("'name' : missing name")],
    land: (bind, [name]) => void (bind.name = name),
  }),
  works("tcp-ut", {
    usage: "<time>",
    hasTimes: true,
    tier: "C",
    help: "How long sent data may stay unacknowledged (TCP_USER_TIMEOUT).",
    takes: [
      time({
        missing: "'tcp-ut' : missing TCP User Timeout value",
        fault: () => "'tcp-ut' : expects a positive delay in milliseconds",
      }),
    ],
    land: (bind, [value]) => void (bind.userTimeoutMs = value),
  }),
  works("tfo", {
    tier: "C",
    help: "TCP Fast Open.",
    takes: [],
    land: (bind) => void (bind.fastOpen = true),
  }),
  works("transparent", {
    tier: "B",
    help: "Binds addresses that are not this machine's (IP_TRANSPARENT).",
    takes: [],
    land: (bind) => void (bind.transparent = true),
  }),
  works("v4v6", {
    tier: "A",
    help: "An IPv6 socket takes IPv4 connections as well.",
    takes: [],
    land: (bind) => void (bind.v6only = false),
  }),
  works("v6only", {
    tier: "A",
    help: "An IPv6 socket takes IPv6 connections only.",
    takes: [],
    land: (bind) => void (bind.v6only = true),
  }),
];

const fileRows: readonly OptionRow<BindDraft>[] = [
  works("mode", {
    usage: "<octal>",
    tier: "A",
    help: "Rights of a unix socket's file.",
    takes: [text("'mode' : missing or invalid mode '' (octal integer expected)")],
    land(bind, [value], line) {
      if (!/^[0-7]+$/.test(value)) {
        throw new Complaint(
          `'mode' : missing or invalid mode '${value}' (octal integer expected)`,
          line.rest[0] ?? null,
        );
      }
      bind.mode = Number.parseInt(value, 8);
    },
  }),
  owner("uid"),
  owner("gid"),
  works("user", {
    usage: "<name>",
    tier: "A",
    help: "Owner of a unix socket's file.",
    takes: [text("'user' : missing user name")],
    land(bind, [name], line) {
      const user = line.draft.context.accounts.user(name);
      if (user === null) throw new Complaint(`'user' : unknown user name '${name}'`, line.rest[0] ?? null);
      bind.uid = user.uid;
    },
  }),
  works("group", {
    usage: "<name>",
    tier: "A",
    help: "Group of a unix socket's file.",
    takes: [text("'group' : missing group name")],
    land(bind, [name], line) {
      const gid = line.draft.context.accounts.group(name);
      if (gid === null) throw new Complaint(`'group' : unknown group name '${name}'`, line.rest[0] ?? null);
      bind.gid = gid;
    },
  }),
  works("level", {
    usage: "user|operator|admin",
    tier: "A",
    help: "What the admin socket's clients may do.",
    takes: [oneOf("level", "missing level", ["user", "operator", "admin"], "'user', 'operator', and 'admin'")],
    land: (bind, [level]) => void (bind.level = level),
  }),
  works("severity-output", {
    usage: "none|number|string",
    tier: "B",
    help: "How the admin socket's messages show their severity.",
    takes: [
      oneOf(
        "severity-output",
        "missing severity format",
        ["none", "number", "string"],
        "'none', 'number', and 'string'",
      ),
    ],
    land: (bind, [format]) => void (bind.severityOutput = format),
  }),
];

const idleRows: readonly OptionRow<BindDraft>[] = [
  idle("expose-fd", {
    usage: "listeners",
    tier: "A",
    help: "Hands listening sockets to a new process.",
    takes: 1,
    reason: "a reload keeps the process and its listeners: nothing is handed over",
    check(_bind, line) {
      const word = line.rest[0]?.text ?? "";
      if (word === "") throw new Complaint("'expose-fd' : missing fd type", line.keyword);
      if (word !== "listeners") {
        throw new Complaint(`'expose-fd' only supports 'listeners' (got '${word}')`, line.rest[0] ?? null);
      }
    },
  }),
  idle("nice", {
    usage: "<-1024..1024>",
    tier: "C",
    help: "Scheduling weight of the listener's tasks.",
    takes: 1,
    reason: "sessions share one event loop",
    check(_bind, line) {
      const value = Number.parseInt(line.rest[0]?.text ?? "", 10) || 0;
      if ((line.rest[0]?.text ?? "") === "") throw new Complaint("'nice' : missing value", line.keyword);
      if (Math.abs(value) > 1024) {
        throw new Complaint(`'nice' : invalid value ${value}, allowed range is -1024..1024`, line.rest[0] ?? null);
      }
    },
  }),
  idle("process", {
    usage: "<set>",
    tier: "C",
    help: "Which threads accept.",
    takes: 1,
    reason: "one thread accepts for all",
    check(_bind, line) {
      const word = line.rest[0]?.text ?? "";
      if (!/^(?:all|odd|even|\d+(?:-\d+)?|(?:all|odd|even|\d+(?:-\d+)?)?\/.*)$/.test(word)) {
        throw new Complaint(`'process' : '${word}' is not a valid number/range.`, line.rest[0] ?? line.keyword);
      }
      const text = `'process ${word}' on 'bind' lines is deprecated and will be removed in 2.7.`;
      complain(line.draft.diagnostics, "warning", line.statement, text, line.keyword);
    },
  }),
  idle("thread", {
    usage: "<set>",
    tier: "C",
    help: "Which threads accept.",
    takes: 1,
    reason: "one thread accepts for all",
    check(_bind, line) {
      const word = line.rest[0]?.text ?? "";
      if (!/^(?:\d+\/)?(?:all|odd|even|\d+(?:-\d+)?)$/.test(word)) {
        throw new Complaint(`'${word}' : '${word}' is not a valid number/range.`, line.rest[0] ?? line.keyword);
      }
    },
  }),
  idle("shards", {
    usage: "<number>|by-thread",
    tier: "C",
    help: "Sockets per address.",
    takes: 1,
    reason: "one socket per address is enough for one accepting thread",
    check(_bind, line) {
      const word = line.rest[0]?.text ?? "";
      if (word !== "by-thread" && word !== "by-group" && !/^[1-9]\d?$/.test(word)) {
        throw new Complaint(
          `'shards' : invalid value ${Number.parseInt(word, 10) || 0}, allowed range is 1..64 or 'by-thread'`,
          line.rest[0] ?? line.keyword,
        );
      }
    },
  }),
  ...["label", "guid-prefix", "nbconn", "idle-ping"].map((name) =>
    idle(name, { usage: "<value>", tier: "C", help: "A mark for statistics.", takes: 1, reason: "not shown here" }),
  ),
];

const tlsFlags = wordList(`
    allow-0rtt force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 generate-certificates
    no-alpn no-ca-names no-sslv3 no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13
    prefer-client-ciphers strict-sni no-strict-sni
  `);
const tlsValues = wordList(`
    alpn ca-ignore-err ciphers ciphersuites client-sigalgs crt-ignore-err curves ecdhe npn sigalgs
    ssl-max-ver ssl-min-ver tls-ticket-keys tls-tickets verify default-crt ca-sign-file ca-sign-pass
    ca-verify-file ktls ech
  `);
const noTls = "TLS is not terminated here: TLS connections are passed through";

const refusedRows: readonly OptionRow<BindDraft>[] = [
  ...["ssl", "crt", "crt-list", "ca-file", "crl-file"].map((name) =>
    refused(name, {
      help: "TLS on this listener.",
      reason: noTls,
      advice: "leave TLS to the server behind, and route by name with req.ssl_sni where needed",
    }),
  ),
  ...tlsFlags.map((name) =>
    idle(name, { help: "A detail of TLS.", takes: 0, reason: "it means something only beside `ssl`" }),
  ),
  ...tlsValues.map((name) =>
    idle(name, {
      usage: "<value>",
      help: "A detail of TLS.",
      takes: 1,
      reason: "it means something only beside `ssl`",
    }),
  ),
  refused("accept-netscaler-cip", {
    usage: "<magic>",
    tier: "C",
    help: "NetScaler's header instead of PROXY.",
    reason: "a rare protocol",
    advice: "let the sender use the PROXY protocol, and say 'accept-proxy'",
  }),
  refused("namespace", {
    usage: "<name>",
    tier: "C",
    help: "Binds in another network namespace.",
    reason: "a process stays in its namespace",
    advice: "start the process with `ip netns exec`",
  }),
  refused("proto", {
    usage: "<name>",
    tier: "C",
    help: "HTTP version on this listener.",
    reason: "it is for mode http",
    advice: "remove it: bytes are passed through as they are",
  }),
  ...["tcp-md5sig", "tcp-ss", "quic-socket", "quic-cc-algo", "quic-force-retry"].map((name) =>
    refused(name, {
      usage: "<value>",
      tier: "C",
      help: "A socket option of later versions.",
      reason: "rare",
      advice: "remove it, or set it system-wide",
    }),
  ),
];

export const bindRows: readonly OptionRow<BindDraft>[] = [...socketRows, ...fileRows, ...idleRows, ...refusedRows];

/** `level` and its like are for `stats socket`; elsewhere only their form is checked. */
export const bindOptions: ReadonlyMap<string, OptionRow<BindDraft>> = new Map(bindRows.map((row) => [row.name, row]));
