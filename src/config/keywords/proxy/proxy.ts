/** Keywords of `defaults`, `frontend`, `listen` and `backend` that say who listens, who serves, and how many. */
import { parseAcl } from "../../lines/acl.ts";
import { parseBalance, parseHashType } from "../../lines/balance.ts";
import { parseBind } from "../../lines/bind-line.ts";
import { Complaint } from "../../text/complaint.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { parseServer } from "../../lines/server-line.ts";
import { parseSource } from "../../addresses/source.ts";
import { anyWords, integer, maybeText, text, words } from "../../row/value.ts";
import { plainAlgorithms } from "../../../proxy/balance/algorithms.ts";
import { wordTable } from "../../../word-table.ts";

const { works, idle } = rowsOf<ProxySection>("proxy");

const ignored =
  (name: string, half: string, more = "") =>
  (label: string) =>
    `'${name}' ignored because ${label} has no ${half} capability.${more}`;

const number = (name: string, missing = `'${name}' expects an integer argument.`) =>
  words(name, [integer({ name, missing })]);

const sectionRows: readonly Row<ProxySection>[] = [
  works("mode", {
    where: "DFLB",
    usage: "tcp|http",
    tier: "A",
    help: "tcp: bytes are passed through as they are; http: requests and answers are understood.",
    words: anyWords(),
    land(target, [mode = "", extra], line) {
      const [word, second] = line.words;
      if (extra !== undefined) {
        throw new Complaint(`'mode' cannot handle unexpected argument '${extra}'.`, second);
      }
      if (mode === "health") {
        throw new Complaint(
          "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.",
          word,
        );
      }
      if (mode !== "tcp" && mode !== "http") throw new Complaint(`unknown proxy mode '${mode}'.`, word ?? line.keyword);
      target.settings.mode = { value: mode, statement: line.statement };
    },
  }),
  works("description", {
    where: "FLB",
    usage: "<text>",
    tier: "A",
    help: "A text for status pages.",
    tight: true,
    words: anyWords(),
    land(target, values, line) {
      if ((values[0] ?? "") === "") throw new Complaint("'description' expects a string argument.", line.keyword);
      if (target.proxy !== null) target.proxy.description = values.join(" ");
    },
  }),
  works("disabled", {
    where: "DFLB",
    tier: "A",
    help: "The section is checked but does not run.",
    words: words("disabled", []),
    land: ({ settings }) => void (settings.disabled = true),
  }),
  works("enabled", {
    where: "DFLB",
    tier: "C",
    help: "Undoes `disabled` of a defaults section.",
    words: words("enabled", []),
    land: ({ settings }) => void (settings.disabled = false),
  }),
  works("id", {
    where: "FLB",
    tight: true,
    usage: "<number>",
    tier: "C",
    help: "The section's number in statistics.",
    words: words("id", [
      integer({
        name: "id",
        missing: "'id' expects an integer argument.",
        unreadable: () => "custom id has to be > 0.",
        min: { value: 1, message: () => "custom id has to be > 0." },
      }),
    ]),
    land(target, [value]) {
      if (target.proxy === null) return;
      target.proxy.id = value;
      target.proxy.idGiven = true;
    },
  }),
  idle("guid", {
    where: "FLB",
    usage: "<text>",
    tier: "C",
    help: "A mark for statistics files.",
    reason: "there are no statistics files",
  }),
];

const routeRows: readonly Row<ProxySection>[] = [
  works("bind", {
    where: "FL",
    usage: "<address>[,…] [<option> …]",
    tier: "A",
    help: "Where clients connect to.",
    needs: "frontend",
    words: anyWords(),
    land({ proxy, kind }, _values, line) {
      // In a backend it is only judged, as HAProxy does.
      if (proxy !== null) parseBind(kind === "backend" ? { ...proxy, binds: [] } : proxy, line);
    },
  }),
  ...(
    [
      ["server", "<name> <address>[:<port>] [<option> …]", "A", "A server that sessions may go to."],
      ["default-server", "[<option> …]", "A", "Options of the servers that follow."],
      ["server-template", "<prefix> <count>|<range> <name>[:<port>] [<option> …]", "B", "Servers filled from DNS."],
    ] as const
  ).map(([name, usage, tier, help]) =>
    works(name, {
      where: name === "default-server" ? "DLB" : "LB",
      usage,
      tier,
      help,
      words: anyWords(),
      land: (target, _values, line) => parseServer(target, line),
    }),
  ),
  works("acl", {
    where: "DFLB",
    usage: "<name> <criterion> [<flag> …] [<pattern> …]",
    tier: "A",
    help: "A named condition.",
    words: anyWords(),
    land(target, _values, line) {
      if (target.kind === "defaults" && target.scope.name === "") {
        throw new Complaint("'acl' not allowed in anonymous 'defaults' section.", line.keyword);
      }
      parseAcl(line.statement, target.scope);
    },
  }),
  works("default_backend", {
    where: "DFL",
    usage: "<backend>",
    tier: "A",
    help: "Where sessions go that no `use_backend` took.",
    needs: "frontend",
    words: words("default_backend", [text("'default_backend' expects a backend name.")]),
    land(target, [name], line) {
      target.settings.defaultBackend = { name, statement: line.statement, word: line.words[0] ?? null };
    },
  }),
  works("source", {
    where: "DLB",
    usage: "<address>[:<port>] [usesrc <address>|client|clientip] [interface <name>]",
    tier: "B",
    help: "Local address of connections to servers.",
    needs: "backend",
    words: anyWords(),
    land(target, _values, line) {
      if ((line.words[0]?.text ?? "") === "") {
        throw new Complaint(
          "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.",
          line.keyword,
        );
      }
      target.settings.source = parseSource({ ...line, rest: line.words }, "proxy").source;
    },
  }),
  works("balance", {
    where: "DLB",
    usage: `${plainAlgorithms.join("|")}|random[(<draws>)]|hash <expression>|uri|url_param <name>|hdr(<name>)`,
    tier: "A",
    help: "How a server is chosen.",
    needs: "backend",
    words: anyWords(),
    land: (target, _values, line) => parseBalance(target, line),
  }),
  works("hash-type", {
    where: "DLB",
    usage: "map-based|consistent [sdbm|djb2|wt6|crc32|none [avalanche]]",
    tier: "B",
    help: "How hashes are spread over servers.",
    needs: "backend",
    words: anyWords(),
    land: (target, _values, line) => parseHashType(target, line),
  }),
  works("hash-balance-factor", {
    where: "DLB",
    usage: "<percent>",
    tier: "B",
    help: "Most load of a server against the average before the next one is taken.",
    words: number("hash-balance-factor"),
    land({ settings }, [value], line) {
      if (value !== 0 && value <= 100) {
        throw new Complaint("'hash-balance-factor' must be 0 or greater than 100.", line.words[0] ?? null);
      }
      settings.hashType = { ...settings.hashType, balanceFactor: value };
    },
  }),
];

/** `rate-limit sessions` has a warning of its own for being said twice; see its row. */
const rateSaid = new WeakSet<object>();

const limitRows: readonly Row<ProxySection>[] = [
  works("maxconn", {
    where: "DFL",
    usage: "<number>",
    tier: "A",
    help: "Sessions at once; more wait in the kernel's backlog.",
    needs: "frontend",
    misplaced: ignored("maxconn", "frontend", " Maybe you want 'fullconn' instead ?"),
    words: number("maxconn"),
    land: ({ settings }, [value]) => void (settings.maxconn = Math.max(0, value)),
  }),
  works("fullconn", {
    where: "DLB",
    usage: "<number>",
    tier: "B",
    help: "Sessions at which servers reach their maxconn (see minconn).",
    needs: "backend",
    misplaced: ignored("fullconn", "backend", " Maybe you want 'maxconn' instead ?"),
    words: number("fullconn"),
    land: ({ settings }, [value]) => void (settings.fullconn = Math.max(0, value)),
  }),
  works("backlog", {
    where: "DFL",
    usage: "<number>",
    tier: "B",
    help: "Connections that the kernel keeps until they are accepted.",
    needs: "frontend",
    words: number("backlog"),
    land: ({ settings }, [value]) => void (settings.backlog = value > 0 ? value : null),
  }),
  works("retries", {
    where: "DLB",
    usage: "<number>",
    tier: "A",
    help: "How often a connection to a server is tried again.",
    needs: "backend",
    words: number("retries", "'retries' expects an integer argument (dispatch counts for one)."),
    land: ({ settings }, [value]) => void (settings.retries = Math.max(0, value)),
  }),
  works("rate-limit sessions", {
    where: "DFL",
    usage: "<number>",
    tier: "B",
    help: "New sessions a second.",
    needs: "frontend",
    misplaced: (label) => `rate-limit sessions will be ignored because ${label} has no frontend capability`,
    words: words(
      "rate-limit sessions",
      [
        integer({
          name: "rate-limit sessions",
          missing: "'rate-limit sessions' expects expects an integer value (in sessions/second)",
          unreadable: (word) =>
            `'rate-limit sessions' : unexpected character '${/[^\d]/.exec(word)?.[0] ?? ""}' in integer value '${word}'`,
        }),
      ],
      "ignore",
    ),
    land(target, [value], line) {
      if (rateSaid.has(target)) overwriting(line, "rate-limit sessions");
      rateSaid.add(target);
      target.settings.rateLimitSessions = Math.max(0, value);
    },
  }),
];

function overwriting(line: Line, name: string): void {
  line.draft.diagnostics.add({
    level: "warning",
    text: `parsing [${line.statement.file}:${line.statement.line}] : overwriting ${name} which was already specified`,
    pointer: { source: line.statement.source, column: line.keyword.column, length: line.keyword.length },
    advice: null,
  });
}

const keepAliveHelp = {
  cnt: "Probes until a silent peer is given up.",
  idle: "Silence before the first probe.",
  intvl: "Time between probes.",
} as const;

/** `clitcpka-cnt` and its like: what keepalive probes look like. */
const keepaliveRows: readonly Row<ProxySection>[] = (["cli", "srv"] as const).flatMap((side) =>
  (["cnt", "idle", "intvl"] as const).map((field) => {
    const name = `${side}tcpka-${field}`;
    const half = side === "cli" ? "frontend" : "backend";
    return works(name, {
      where: side === "cli" ? "DFL" : "DLB",
      usage: field === "cnt" ? "<count>" : "<time>",
      hasTimes: field !== "cnt",
      tier: "B",
      help: keepAliveHelp[field],
      needs: half,
      misplaced: (label) => `${name} will be ignored because ${label} has no ${half} capability`,
      words: words(name, [text(`'${name}' expects an integer value`)], "ignore"),
      land({ settings }, [value], line) {
        const keepAlive = settings.keepAlive[side === "cli" ? "client" : "server"];
        if (field === "cnt") keepAlive.count = probes(name, value, line);
        else keepAlive[field === "idle" ? "idleSeconds" : "intervalSeconds"] = seconds(name, value, line);
      },
    });
  }),
);

function probes(name: string, value: string, line: Line): number {
  if (/^\d+$/.test(value)) return Number(value);
  const character = /\D/.exec(value)?.[0] ?? "";
  throw new Complaint(
    `'${name}' : unexpected character '${character}' in integer value '${value}'`,
    line.words[0] ?? null,
  );
}

const unitSeconds = wordTable<number>({ us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 });

function seconds(name: string, value: string, line: Line): number {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(value);
  if (match === null) {
    const character = /\D/.exec(value)?.[0] ?? "";
    throw new Complaint(`unexpected character '${character}' in argument to <${name}>.`, line.words[0] ?? null);
  }
  const unit = unitSeconds.get(match[2] ?? "s") ?? 1;
  return Math.ceil(Number(match[1]) * unit);
}

const stateRows: readonly Row<ProxySection>[] = [
  works("load-server-state-from-file", {
    where: "DLB",
    usage: "global|local|none",
    tier: "C",
    help: "Whether the state of servers is read at start.",
    needs: "backend",
    words: anyWords(),
    land({ settings }, [from = ""], line) {
      if (from !== "global" && from !== "local" && from !== "none") {
        throw new Complaint(
          `'load-server-state-from-file' expects 'global', 'local' or 'none'. Got '${from}'`,
          line.words[0] ?? line.keyword,
        );
      }
      settings.serverStateFrom = from;
    },
  }),
  works("server-state-file-name", {
    where: "DLB",
    usage: "[use-backend-name|<file>]",
    tier: "C",
    help: "The file of `load-server-state-from-file local`.",
    needs: "backend",
    words: words("server-state-file-name", [maybeText()]),
    land: ({ settings }, [name]) =>
      void (settings.serverStateName = name === "use-backend-name" || name === "" ? null : name),
  }),
];

/** The rows of this file. */
export const proxyRows: readonly Row<ProxySection>[] = [
  ...sectionRows,
  ...routeRows,
  ...limitRows,
  ...keepaliveRows,
  ...stateRows,
];
