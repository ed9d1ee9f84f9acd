/** Keywords of the `global` section that work. */
import { parseExpression } from "../../expressions/expression.ts";
import { parseLogFormat } from "../../expressions/log-format.ts";
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { parseLog } from "../../lines/log.ts";
import { type DefaultPath, isFolder } from "../../text/named-files.ts";
import { rowsOf, warn, type Line, type Row } from "../../row/row.ts";
import { globalScope } from "../../draft/proxy-scope.ts";
import { parseStatsSocket } from "../../lines/stats-socket.ts";
import { parseUnixBind } from "../../addresses/unix-bind.ts";
import { anyWords, choice, integer, maybeText, overflow, text, time, words } from "../../row/value.ts";
import { globalLimitRows } from "./global-limits.ts";

const { works } = rowsOf<Draft>("global");

/** Whether a keyword that may stand once stands again; HAProxy calls that an alert, but goes on. */
function isRepeated(draft: Draft, line: Line): boolean {
  const name = line.keyword.text;
  if (draft.global.seen.has(name)) {
    warn(line, `'${name}' already specified. Continuing.`);
    return true;
  }
  draft.global.seen.add(name);
  return false;
}

function switched(name: string, help: string, set: (draft: Draft, on: boolean) => void): Row<Draft> {
  return works(name, {
    tier: "B",
    help,
    negatable: name === "strict-limits" || name === "insecure-fork-wanted",
    words: words(name, []),
    land: (draft, _values, line) => set(draft, !line.negated),
  });
}

/** Throws a Complaint in HAProxy's words. */
function defaultPath(line: Line): DefaultPath {
  const [word, folder] = line.words;
  const modes = "supported modes include 'current', 'config', 'parent', and 'origin'.";
  switch (word?.text ?? "") {
    case "":
      throw new Complaint(`missing default-path mode '' for 'default-path', ${modes}`, line.keyword);
    case "current":
    case "config":
    case "parent":
      return { mode: word?.text as "current" | "config" | "parent" };
    case "origin": {
      const path = folder?.text ?? "";
      if (path === "") throw new Complaint("'default-path origin' expects a directory as an argument.", word);
      if (isFolder(path)) return { mode: "origin", folder: path };
      throw new Complaint(
        `couldn't set 'default-path' to origin '${path}': it is no directory that can be entered.`,
        folder,
      );
    }
    default:
      throw new Complaint(`unsupported default-path mode '${word?.text}' for 'default-path', ${modes}`, word);
  }
}

const processRows: readonly Row<Draft>[] = [
  works("daemon", {
    tier: "A",
    help: "Goes to the background.",
    words: words("daemon", []),
    land: (draft) => void (draft.global.daemon = true),
  }),
  works("master-worker", {
    usage: "[no-exit-on-failure]",
    tier: "B",
    help: "Runs as -W does: signals, readiness and reloads of a master, which keeps the rights that user, group and chroot give up.",
    words: words("master-worker", [
      choice(["", "no-exit-on-failure"], () => "'master-worker' only supports 'no-exit-on-failure' option."),
    ]),
    land: (draft) => void (draft.global.masterWorker = true),
  }),
  works("pidfile", {
    usage: "<path>",
    tier: "A",
    help: "Writes the process's id to a file.",
    words: words("pidfile", [text("'pidfile' expects a file name as an argument.")]),
    land(draft, [path], line) {
      if (!isRepeated(draft, line)) draft.global.pidfile = path;
    },
  }),
  works("chroot", {
    usage: "<dir>",
    tier: "A",
    help: "Confines the process to a directory after it has bound its addresses.",
    words: words("chroot", [text("'chroot' expects a directory as an argument.")]),
    land(draft, [path], line) {
      if (!isRepeated(draft, line)) draft.global.chroot = path;
    },
  }),
  works("user", {
    usage: "<name>",
    tier: "A",
    help: "Runs as this user once addresses are bound.",
    words: words("user", [maybeText()]),
    land(draft, [name], line) {
      const user = name === "" ? null : draft.context.accounts.user(name);
      if (user === null) throw new Complaint(`cannot find user id for '${name}' (0:Success)`, line.words[0] ?? null);
      draft.global.uid = user.uid;
      draft.global.user = name;
    },
  }),
  works("group", {
    usage: "<name>",
    tier: "A",
    help: "Runs with this group once addresses are bound.",
    words: words("group", [maybeText()]),
    land(draft, [name], line) {
      const gid = name === "" ? null : draft.context.accounts.group(name);
      if (gid === null) throw new Complaint(`cannot find group id for '${name}' (0:Success)`, line.words[0] ?? null);
      draft.global.gid = gid;
    },
  }),
  ...(["uid", "gid"] as const).map((name) =>
    works(name, {
      usage: "<number>",
      tier: "A",
      help: `Runs with this ${name === "uid" ? "user" : "group"} id once addresses are bound.`,
      words: words(name, [text(`'${name}' expects an integer argument.`)]),
      land(draft, [value], line) {
        if (!/^\d+$/.test(value)) {
          const other = name === "uid" ? "user" : "group";
          warn(
            line,
            ` ${name}: string '${value}' is not a number.\n   | You might want to use the '${other}' parameter to use a system ${other} name.`,
            line.words[0],
          );
        }
        draft.global[name] = Number.parseInt(value, 10) || 0;
      },
    }),
  ),
  switched("strict-limits", "Refuses to start when limits cannot be raised as far as needed.", (draft, on) => {
    draft.global.strictLimits = on;
  }),
  switched("insecure-fork-wanted", "Lets the process start programs, for `option external-check`.", (draft, on) => {
    draft.global.forkWanted = on;
  }),
  switched("expose-experimental-directives", "Allows `normalize-uri`, which HAProxy calls experimental.", (draft) => {
    draft.global.isExperimental = true;
  }),
  switched("external-check", "Allows `option external-check`.", (draft) => {
    draft.global.externalCheck = true;
  }),
  switched("pp2-never-send-local", "Sends a full PROXY header in checks instead of LOCAL.", (draft) => {
    draft.global.pp2NeverSendLocal = true;
  }),
  switched("zero-warning", "Takes warnings for errors, as -dW does.", (draft) => {
    draft.global.zeroWarning = true;
  }),
  switched("noreuseport", "Shares no address with other processes (SO_REUSEPORT).", (draft) => {
    draft.global.sharesPorts = false;
  }),
  works("harden.reject-privileged-ports.tcp", {
    usage: "on|off",
    tier: "C",
    help: "Takes no client that comes from a port below 1024 (HAProxy 2.7 and later).",
    words: words("harden.reject-privileged-ports.tcp", [
      choice(
        ["on", "off"],
        (word) => `'harden.reject-privileged-ports.tcp' expects either 'on' or 'off' but got '${word}'.`,
      ),
    ]),
    land: (draft, [value]) => void (draft.global.rejectsPrivilegedPorts = value === "on"),
  }),
  works("dns-accept-family", {
    usage: "ipv4|ipv6|ipv4,ipv6|auto",
    tier: "C",
    help: "Which addresses names of servers may lead to (HAProxy 3.2 and later).",
    words: words("dns-accept-family", [text("'dns-accept-family' expects a comma-delimited list of families.")]),
    land(draft, [value], line) {
      const families = value.split(",");
      const unknown = families.find((one) => !["ipv4", "ipv6", "auto"].includes(one));
      if (unknown !== undefined)
        throw new Complaint(`'dns-accept-family' : unknown family '${unknown}'.`, line.words[0] ?? null);
      const isOne = families.every((one) => one === families[0]) && families[0] !== "auto";
      draft.global.acceptFamily = isOne ? (families[0] === "ipv4" ? 4 : 6) : null;
    },
  }),
  works("default-path", {
    usage: "current|config|parent|origin <path>",
    tier: "C",
    help: "Where relative paths of files begin that the lines that follow name.",
    words: anyWords(),
    land: (draft, _values, line) => draft.files.begin(defaultPath(line)),
  }),
  switched("nosplice", "Never moves bytes by splice(2), which streams are moved by otherwise.", (draft) => {
    draft.global.splice = false;
  }),
  switched("noepoll", "Serves by Bun's own sockets on Linux, too, as -de does.", (draft) => {
    draft.global.epoll = false;
  }),
  works("unix-bind", {
    usage: "[prefix <prefix>] [mode <mode>] [user <user>] [uid <uid>] [group <group>] [gid <gid>]",
    tier: "B",
    help: "Defaults for the files of unix sockets.",
    words: anyWords(),
    land: (draft, _values, line) => parseUnixBind(draft, line),
  }),
];

const sayingRows: readonly Row<Draft>[] = [
  works("log", {
    usage: "<address> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [<level> [<minlevel>]]",
    tier: "A",
    help: "Where logs go; may be repeated.",
    negatable: true,
    words: anyWords(),
    land(draft, _values, line) {
      if (line.negated) {
        draft.global.logs.length = 0;
        return;
      }
      const target = parseLog(line.words, line.keyword, "global", draft.context.environment);
      if (target !== "global") draft.global.logs.push(target);
    },
  }),
  works("log-tag", {
    usage: "<text>",
    tier: "B",
    help: "The program's name in syslog lines.",
    words: words("log-tag", [text("'log-tag' expects a tag for use in syslog.")]),
    land: (draft, [tag]) => void (draft.global.logTag = tag),
  }),
  works("log-send-hostname", {
    usage: "[<text>]",
    tier: "B",
    help: "Puts a host name into syslog lines; the machine's own when none is given.",
    words: words("log-send-hostname", [maybeText()]),
    land: (draft, [name]) => void (draft.global.logSendHostname = name),
  }),
  works("description", {
    tight: true,
    usage: "<text>",
    tier: "B",
    help: "A text for status pages.",
    words: anyWords(),
    land(draft, values, line) {
      if ((values[0] ?? "") === "") throw new Complaint("'description' expects a string argument.", line.keyword);
      draft.global.description = values.join(" ");
    },
  }),
  works("node", {
    tight: true,
    usage: "<name>",
    tier: "C",
    help: "The node's name on status pages.",
    words: words("node", [maybeText()], "ignore"),
    land(draft, [name], line) {
      if (!/^[A-Za-z0-9.\-_]+$/.test(name)) {
        throw new Complaint(
          "'node' requires valid node name - non-empty string with digits(0-9), letters(A-Z, a-z), dot(.), hyphen(-) or underscode(_).",
          line.words[0] ?? line.keyword,
        );
      }
      draft.global.node = name;
    },
  }),
  works("stats socket", {
    usage: "<address> [mode <mode>] [user <user>] [group <group>] [level user|operator|admin] …",
    tier: "A",
    help: "Where the admin socket listens; may be repeated. Without `prompt` a connection ends with the answer to its first line.",
    words: anyWords(),
    land: (draft, _values, line) => parseStatsSocket(draft, line),
  }),
  works("stats timeout", {
    usage: "<time>",
    hasTimes: true,
    tier: "A",
    help: "Idle time after which an admin socket's connection is closed.",
    words: words(
      "stats timeout",
      [
        time({
          missing: "'stats timeout' : unexpected character ''",
          fault: (fault, word) =>
            fault.kind === "overflow"
              ? overflow(word, "stats timeout")
              : `'stats timeout' : unexpected character '${fault.character}'`,
          min: { value: 1, message: "'stats timeout' expects a positive value" },
        }),
      ],
      "ignore",
    ),
    land: (draft, [value]) => void (draft.global.statsTimeoutMs = value),
  }),
  works("stats maxconn", {
    usage: "<number>",
    tier: "B",
    help: "Connections at once on all admin sockets.",
    words: words(
      "stats maxconn",
      [
        integer({
          name: "stats maxconn",
          missing: "'stats maxconn' expects a positive value",
          unreadable: () => "'stats maxconn' expects a positive value",
          min: { value: 1, message: () => "'stats maxconn' expects a positive value" },
        }),
      ],
      "ignore",
    ),
    land: (draft, [value]) => void (draft.global.statsMaxconn = value),
  }),
  works("server-state-file", {
    usage: "<file>",
    tier: "B",
    help: "Where the state of servers is read from at start.",
    words: words("server-state-file", [text("'server-state-file' expect one argument: a file path.")], "ignore"),
    land: (draft, [path]) => void (draft.global.serverStateFile = path),
  }),
  works("server-state-base", {
    usage: "<directory>",
    tier: "B",
    help: "Directory of server-state files.",
    words: words("server-state-base", [text("'server-state-base' expects one argument: a directory path.")]),
    land: (draft, [path]) => void (draft.global.serverStateBase = path.endsWith("/") ? path : `${path}/`),
  }),
];

function setVariable(draft: Draft, line: Line, kind: "set-var" | "set-var-fmt"): void {
  const name = line.words[0]?.text ?? "";
  const what = kind === "set-var" ? "a sample expression" : "a format string";
  if (name === "" || (line.words[1]?.text ?? "") === "") {
    throw new Complaint(`'${kind}' requires a process-wide variable name ('proc.<name>') and ${what}.`, line.keyword);
  }
  if (!name.startsWith("proc.")) {
    throw new Complaint(
      `'${kind}': cannot set variable '${name}', only scope 'proc' is permitted in the global section.`,
      line.words[0],
    );
  }
  const scope = globalScope(draft);
  const cursor = { statement: line.statement, index: line.start + 1 };
  const site = "configuration parser";
  const expression =
    kind === "set-var"
      ? parseExpression(cursor, scope, { site, where: null })
      : parseLogFormat(cursor, scope, site, kind);
  draft.global.setVars.push({ name, value: expression });
}

const variableRows: readonly Row<Draft>[] = (["set-var", "set-var-fmt"] as const).map((name) =>
  works(name, {
    usage: name === "set-var" ? "<name> <expression>" : "<name> <format>",
    tier: "C",
    help: "Sets a process-wide variable at start.",
    words: anyWords(),
    land: (draft, _values, line) => setVariable(draft, line, name),
  }),
);

/** Changed by the reader as lines go by, since they act on the lines after them. */
const environmentRows: readonly Row<Draft>[] = (
  [
    ["setenv", "<name> <value>", "Sets an environment variable for the lines that follow."],
    ["presetenv", "<name> <value>", "As setenv, where the variable is not set."],
    ["resetenv", "[<name> …]", "Removes all other environment variables."],
    ["unsetenv", "<name> …", "Removes environment variables."],
  ] as const
).map(([name, usage, help]) =>
  works(name, {
    usage,
    tier: "B",
    help,
    words: anyWords(),
    land: () => {}, // the reader has done it and said what was wrong
  }),
);

/** The rows of this file and those of `global-limits.ts`. */
export const globalRows: readonly Row<Draft>[] = [
  ...processRows,
  ...globalLimitRows,
  ...sayingRows,
  ...variableRows,
  ...environmentRows,
];
