/** Options of `bind` lines (manual, 5.1). */
import { Complaint, complain } from "../text/complaint.ts";
import type { Accounts } from "../draft/accounts.ts";
import type { BindDraft } from "../draft/draft.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import type { Tier } from "../row/row.ts";
import { bindTlsRows } from "./bind-tls.ts";
import { choice, integer, text, time } from "../row/value.ts";

const { works, idle, refused } = optionsOf<BindDraft>("bind");

/** A word by itself that sets something. */
const flag = (name: string, tier: Tier, help: string, set: (bind: BindDraft) => void) =>
  works(name, { tier, help, takes: [], land: set });

/** A name that is taken as it comes. `missing`: what a line without it is told is missing. */
const named = (name: string, tier: Tier, help: string, missing: string, field: "interface" | "congestion" | "name") =>
  works(name, {
    usage: "<name>",
    tier,
    help,
    takes: [text(`'${name}' : missing ${missing}`)],
    land: (bind, [value]) => void (bind[field] = value),
  });

const count = (name: "backlog" | "maxconn", least: number, help: string) =>
  works(name, {
    usage: "<number>",
    tier: "B",
    help,
    takes: [
      integer({
        name,
        missing: `'${name}' : missing value`,
        min: {
          value: least,
          message: (value) => `'${name}' : invalid value ${value}, must be ${least > 0 ? "> 0" : ">= 0"}`,
        },
      }),
    ],
    land: (bind, [value]) => void (bind[name] = value),
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

/** An owner by name; `find` has null for a name that the system does not know. */
const account = (
  name: "user" | "group",
  own: "uid" | "gid",
  help: string,
  find: (name: string, accounts: Accounts) => number | null,
) =>
  works(name, {
    usage: "<name>",
    tier: "A",
    help,
    takes: [text(`'${name}' : missing ${name} name`)],
    land(bind, [value], line) {
      const number = find(value, line.draft.context.accounts);
      if (number === null) throw new Complaint(`'${name}' : unknown ${name} name '${value}'`, line.rest[0] ?? null);
      bind[own] = number;
    },
  });

/** An option without effect whose one word is looked at all the same; `fault` says what is wrong with it, null: nothing. */
const idleWord = (
  name: string,
  entry: { readonly usage: string; readonly tier: Tier; readonly help: string; readonly reason: string },
  fault: (word: string, line: OptionLine) => string | null,
) =>
  idle(name, {
    ...entry,
    takes: 1,
    check(_bind, line) {
      const [word] = line.rest;
      const wrong = fault(word?.text ?? "", line);
      if (wrong !== null) throw new Complaint(wrong, word ?? line.keyword);
    },
  });

const socketRows: readonly OptionRow<BindDraft>[] = [
  flag("accept-proxy", "A", "Requires a PROXY header, version 1 or 2, at the start of each connection.", (bind) => {
    bind.acceptProxy = true;
  }),
  count("backlog", 1, "Connections that the kernel keeps until they are accepted."),
  flag(
    "defer-accept",
    "B",
    "Accepts a connection only once data are there (Linux). Not for SSH, where the server may speak first.",
    (bind) => void (bind.deferAccept = true),
  ),
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
  named("interface", "B", "Takes connections from one network interface only.", "interface name", "interface"),
  count("maxconn", 0, "Sessions at once on this listener."),
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
  named("cc", "C", "Congestion control of its connections (HAProxy 3.3 and later).", "algorithm name", "congestion"),
  named("name", "B", "The listener's name in logs and statistics.", "name", "name"),
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
  flag("tfo", "C", "TCP Fast Open.", (bind) => void (bind.fastOpen = true)),
  flag("transparent", "B", "Binds addresses that are not this machine's (IP_TRANSPARENT).", (bind) => {
    bind.transparent = true;
  }),
  flag("v4v6", "A", "An IPv6 socket takes IPv4 connections as well.", (bind) => void (bind.v6only = false)),
  flag("v6only", "A", "An IPv6 socket takes IPv6 connections only.", (bind) => void (bind.v6only = true)),
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
  account("user", "uid", "Owner of a unix socket's file.", (name, accounts) => accounts.user(name)?.uid ?? null),
  account("group", "gid", "Group of a unix socket's file.", (name, accounts) => accounts.group(name)),
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

const threads = {
  usage: "<set>",
  tier: "C",
  help: "Which threads accept.",
  reason: "one thread accepts for all",
} as const;

const idleRows: readonly OptionRow<BindDraft>[] = [
  idleWord(
    "expose-fd",
    {
      usage: "listeners",
      tier: "A",
      help: "Hands listening sockets to a new process.",
      reason: "a reload keeps the process and its listeners: nothing is handed over",
    },
    (word) => {
      if (word === "") return "'expose-fd' : missing fd type";
      return word === "listeners" ? null : `'expose-fd' only supports 'listeners' (got '${word}')`;
    },
  ),
  idleWord(
    "nice",
    {
      usage: "<-1024..1024>",
      tier: "C",
      help: "Scheduling weight of the listener's tasks.",
      reason: "sessions share one event loop",
    },
    (word) => {
      if (word === "") return "'nice' : missing value";
      const value = Number.parseInt(word, 10) || 0;
      return Math.abs(value) > 1024 ? `'nice' : invalid value ${value}, allowed range is -1024..1024` : null;
    },
  ),
  idleWord("process", threads, (word, line) => {
    if (!/^(?:all|odd|even|\d+(?:-\d+)?|(?:all|odd|even|\d+(?:-\d+)?)?\/.*)$/.test(word))
      return `'process' : '${word}' is not a valid number/range.`;
    const text = `'process ${word}' on 'bind' lines is deprecated and will be removed in 2.7.`;
    complain(line.draft.diagnostics, "warning", line.statement, text, line.keyword);
    return null;
  }),
  idleWord("thread", threads, (word) =>
    /^(?:\d+\/)?(?:all|odd|even|\d+(?:-\d+)?)$/.test(word)
      ? null
      : `'${word}' : '${word}' is not a valid number/range.`,
  ),
  idleWord(
    "shards",
    {
      usage: "<number>|by-thread",
      tier: "C",
      help: "Sockets per address.",
      reason: "one socket per address is enough for one accepting thread",
    },
    (word) => {
      if (word === "by-thread" || word === "by-group" || /^[1-9]\d?$/.test(word)) return null;
      return `'shards' : invalid value ${Number.parseInt(word, 10) || 0}, allowed range is 1..64 or 'by-thread'`;
    },
  ),
  ...["label", "guid-prefix", "nbconn", "idle-ping"].map((name) =>
    idle(name, { usage: "<value>", tier: "C", help: "A mark for statistics.", takes: 1, reason: "not shown here" }),
  ),
];

const refusedRows: readonly OptionRow<BindDraft>[] = [
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

const versionRow = works("proto", {
  usage: "h1",
  tier: "C",
  help: "The version of HTTP on this listener.",
  takes: [text("'proto' : missing value")],
  land(_target, [version], line) {
    const word = line.rest[0] ?? null;
    if (!["h1", "h2", "quic", "fcgi", "none"].includes(version)) {
      throw new Complaint(`'proto' :  unknown MUX protocol '${version}'`, word);
    }
    if (version === "h1") return;
    throw new Complaint(`'proto ${version}' is not supported`, word, "HTTP/1.1 is what is spoken: remove it");
  },
});

/** Rows of all options of `bind`; those for `stats socket` among them. */
export const bindRows: readonly OptionRow<BindDraft>[] = [
  ...socketRows,
  ...fileRows,
  ...idleRows,
  versionRow,
  ...bindTlsRows,
  ...refusedRows,
];

/** `level` and its like are for `stats socket`; elsewhere only their form is checked. */
export const bindOptions: ReadonlyMap<string, OptionRow<BindDraft>> = new Map(bindRows.map((row) => [row.name, row]));
