/** `option …` of proxies with words of their own: logs, redispatch, keepalive, HTTP's leftovers. */
import { Complaint } from "../../text/complaint.ts";
import type { FormatDraft } from "../../draft/draft.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { anyWords, maybeText, words } from "../../row/value.ts";
import { switchRows } from "./option-switches.ts";

const { works, idle, refused } = rowsOf<ProxySection>("proxy");

/** Takes one of HAProxy's own log formats; a backend is told that it has no use for it. */
function logOption(target: ProxySection, line: Line, kind: FormatDraft["kind"]): void {
  target.settings.logFormat = { statement: line.statement, index: null, kind };
  if (target.kind === "backend") {
    warn(line, `backend '${target.scope.name}' : 'option ${kind}' directive is ignored in backends.`);
  }
}

const clfOnly = (name: string, target: ProxySection, line: Line): void => {
  const [word, extra] = line.words;
  if (word !== undefined && word.text !== "clf" && word.text !== "") {
    throw new Complaint(`keyword '${name}' only supports option 'clf'.`, word);
  }
  if (extra !== undefined) {
    throw new Complaint(`'option ${name}' cannot handle unexpected argument '${extra.text}'.`, extra);
  }
  logOption(target, line, name === "httplog" ? "httplog" : "httpslog");
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
    help: "In TCP as tcplog, with a warning.",
    words: anyWords(),
    land: (target, _values, line) => clfOnly("httplog", target, line),
  }),
  works("option httpslog", {
    where: "DFLB",
    tier: "C",
    help: "In TCP as tcplog, with a warning.",
    words: words("option httpslog", []),
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

const forwardedWords: Record<"forwardfor" | "originalto", readonly string[]> = {
  forwardfor: ["except", "header", "if-none"],
  originalto: ["except", "header"],
};

/** Checks the words of `option forwardfor` and `originalto`, which have no effect. */
function checkForwarded(name: "forwardfor" | "originalto", target: ProxySection, line: Line): void {
  const known = forwardedWords[name];
  for (let index = 0; index < line.words.length; index++) {
    const word = line.words[index];
    if (word === undefined || word.text === "if-none") continue;
    if (!known.includes(word.text)) {
      const list = name === "forwardfor" ? "'except', 'header' and 'if-none'" : "'except' and 'header'";
      throw new Complaint(`'option ${name}' only supports optional values: ${list}.`, word);
    }
    if (line.words[index + 1] === undefined) {
      const what = word.text === "except" ? "<address>[/mask]" : "<header_name>";
      throw new Complaint(`'option ${name} ${word.text}' expects ${what} as argument.`, word);
    }
    index += 1;
  }
  const { settings } = target;
  settings.httpOptions = settings.httpOptions.filter((one) => one !== name);
  if (!line.negated) settings.httpOptions.push(name);
}

const http = "it is for mode http";

const httpRows: readonly Row<ProxySection>[] = [
  ...(["forwardfor", "originalto"] as const).map((name) =>
    idle(`option ${name}`, {
      where: "DFLB",
      usage: "[except <network>] [header <name>]",
      tier: "A",
      help: "Adds the client's address to HTTP requests.",
      reason: "bytes are passed through as they are",
      check: (target, line) => checkForwarded(name, target, line),
    }),
  ),
  ...["httpclose", "http-server-close", "http-keep-alive"].map((name) =>
    idle(`option ${name}`, {
      where: "DFLB",
      tier: "A",
      help: "How HTTP connections are kept.",
      reason: http,
      negatable: true,
      words: words(`option ${name}`, []),
    }),
  ),
  idle("option http-restrict-req-hdr-names", {
    where: "DFLB",
    usage: "preserve|reject|delete",
    help: "Odd header names in HTTP requests.",
    reason: http,
    check(_target, line) {
      const word = line.words[0];
      const list = "option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' or 'delete' option.";
      if (word === undefined) throw new Complaint(`missing parameter. ${list}`, line.keyword);
      if (!["preserve", "reject", "delete"].includes(word.text)) {
        throw new Complaint(`invalid parameter '${word.text}'. ${list}`, word);
      }
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
