/** `option …` of proxies with words of their own: logs, redispatch, keepalive, HTTP's leftovers. */
import { Complaint, shortPlace } from "../../text/complaint.ts";
import type { FormatDraft } from "../../draft/draft.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { anyWords, maybeText, words } from "../../row/value.ts";
import { readAddressField } from "../../lines/address-field.ts";
import { httpRow } from "./http-row.ts";
import { switchRows } from "./option-switches.ts";

const { works, refused } = rowsOf<ProxySection>("proxy");

/** How HAProxy calls what a log format was taken from. */
const formatNames: Readonly<Record<FormatDraft["kind"], string>> = {
  custom: "log-format",
  tcplog: "option tcplog",
  sshlog: "option sshlog",
  httplog: "option httplog",
  "httplog-clf": "option httplog clf",
  httpslog: "option httpslog",
};

/** Warns, as HAProxy does in `defaults` alone, that `name` takes the place of a format that is there. */
export function warnOfOverride({ kind }: ProxySection, line: Line, name: string, former: FormatDraft | null): void {
  if (kind !== "defaults" || former === null) return;
  const before = name === "error-log-format" ? name : formatNames[former.kind];
  warn(line, `'${name}' overrides previous '${before}' in 'defaults' section.`, undefined, shortPlace);
}

/** Takes one of HAProxy's own log formats; a backend is told that it has no use for it. */
export function logOption(target: ProxySection, line: Line, kind: FormatDraft["kind"]): void {
  // So HAProxy calls httpslog here.
  const name = formatNames[kind === "httpslog" ? "httplog" : kind];
  warnOfOverride(target, line, name, target.settings.logFormat);
  target.settings.logFormat = { statement: line.statement, index: null, kind };
  if (target.kind === "backend") {
    const option = kind === "httplog-clf" ? "httplog" : kind;
    warn(line, `backend '${target.scope.name}' : 'option ${option}' directive is ignored in backends.`);
  }
}

const clfOnly = (name: "httplog" | "httpslog", target: ProxySection, line: Line): void => {
  const [word, extra] = line.words;
  if (word !== undefined && word.text !== "clf" && word.text !== "") {
    throw new Complaint(`keyword '${name}' only supports option 'clf'.`, word);
  }
  if (extra !== undefined) {
    throw new Complaint(`'option ${name}' cannot handle unexpected argument '${extra.text}'.`, extra);
  }
  logOption(target, line, name === "httplog" && word?.text === "clf" ? "httplog-clf" : name);
};

const logRows: readonly Row<ProxySection>[] = [
  works("option tcplog", {
    where: "DFLB",
    usage: "[clf]",
    tier: "A",
    help: "Logs sessions with times, counts and how they ended.",
    words: words("option tcplog", []),
    land: (target, _values, line) => logOption(target, line, "tcplog"),
  }),
  works("option httplog", {
    where: "DFLB",
    usage: "[clf]",
    tier: "A",
    help: "Logs HTTP exchanges; in TCP as tcplog, with a warning.",
    words: anyWords(),
    land: (target, _values, line) => clfOnly("httplog", target, line),
  }),
  works("option httpslog", {
    where: "DFLB",
    tier: "C",
    help: "As httplog, with what TLS adds; in TCP as tcplog, with a warning.",
    words: words("option httpslog", [], "ignore"),
    land: (target, _values, line) => logOption(target, line, "httpslog"),
  }),
];

const tcpRows: readonly Row<ProxySection>[] = [
  works("option redispatch", {
    where: "DLB",
    usage: "[<interval>]",
    tier: "A",
    help: "Tries another server when one does not answer: on the last retry, or on every so many.",
    needs: "backend",
    misplaced: (label) => `'redispatch' ignored because ${label} has no backend capability.`,
    negatable: true,
    words: words("option redispatch", [maybeText()], "ignore"),
    land({ settings }, [interval], line) {
      const value = interval === "" ? -1 : Number(interval);
      if (!Number.isInteger(value)) {
        throw new Complaint(
          `cannot parse 'option redispatch' value '${interval}', an integer is expected.`,
          line.words[0] ?? null,
        );
      }
      settings.redispatch = line.negated ? 0 : value;
    },
  }),
  works("option tcpka", {
    where: "DFLB",
    tier: "A",
    help: "TCP keepalive towards clients and servers.",
    words: words("option tcpka", []),
    land({ settings, kind }) {
      if (kind !== "backend") settings.clientKeepAlive = true;
      if (kind !== "frontend") settings.serverKeepAlive = true;
    },
  }),
];

const httpRows: readonly Row<ProxySection>[] = [
  ...(["forwardfor", "originalto"] as const).map((name) =>
    httpRow(`option ${name}`, {
      where: "DFLB",
      usage: `[except <network>] [header <name>]${name === "forwardfor" ? " [if-none]" : ""}`,
      tier: "A",
      help:
        name === "forwardfor"
          ? "Adds the client's address to HTTP requests (X-Forwarded-For)."
          : "Adds the address that the client connected to (X-Original-To).",
      words: anyWords(),
      land: (target, _values, line) => readAddressField(name, target, line),
    }),
  ),
  ...(
    [
      ["httpclose", "close", "Closes both connections after an exchange."],
      ["http-server-close", "server-close", "Closes the server's connection after an exchange."],
      ["http-keep-alive", "keep-alive", "Keeps both connections; so it is anyway."],
    ] as const
  ).map(([name, mode, help]) =>
    httpRow(`option ${name}`, {
      where: "DFLB",
      tier: "A",
      help,
      negatable: true,
      words: words(`option ${name}`, []),
      land({ settings: { http } }, _values, { negated }) {
        if (!negated) http.connection = mode;
        else if (http.connection === mode) http.connection = "keep-alive";
      },
    }),
  ),
  httpRow("option http-restrict-req-hdr-names", {
    where: "DFLB",
    usage: "preserve|reject|delete",
    tier: "C",
    help: "What happens to fields of requests whose names have other characters than letters, digits and -.",
    words: anyWords(),
    land({ settings }, _values, line) {
      const [word, extra] = line.words;
      const list = "option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' or 'delete' option.";
      if (word === undefined) throw new Complaint(`missing parameter. ${list}`, line.keyword);
      if (extra !== undefined) {
        throw new Complaint(`'option' cannot handle unexpected argument '${extra.text}'.`, extra);
      }
      const chosen = (["preserve", "reject", "delete"] as const).find((one) => one === word.text);
      if (chosen === undefined) throw new Complaint(`invalid parameter '${word.text}'. ${list}`, word);
      settings.http.fieldNames = chosen;
    },
  }),
];

const removed = (name: string, sentence: string): Row<ProxySection> =>
  refused(`option ${name}`, {
    where: "DFLB",
    tight: true,
    help: "Removed from HAProxy.",
    reason: "HAProxy has removed it",
    says: () => `option '${name}' is not supported any more since HAProxy ${sentence}`,
  });

/** The rows of this file and those of `option-switches.ts`. */
export const optionRows: readonly Row<ProxySection>[] = [
  ...switchRows,
  ...logRows,
  ...tcpRows,
  ...httpRows,
  removed("forceclose", "2.0, please just remove it, or use 'option httpclose' if absolutely needed."),
  removed("http-tunnel", "2.1, please just remove it, it shouldn't be needed."),
  removed(
    "http_proxy",
    "2.5. This option stopped working in HAProxy 1.9 and usually had nasty side effects. It can be more reliably implemented with combinations of 'http-request set-dst' and 'http-request set-uri', and even 'http-request do-resolve' if DNS resolution is desired.",
  ),
];
