/** Pages of HTTP that a TCP section may ask for: errors, statistics, health. Without effect. */
import { Complaint } from "../../text/complaint.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, type Row, rowsOf } from "../../row/row.ts";
import { readTime, text, wordList, words } from "../../row/value.ts";
import { wordTable } from "../../../word-table.ts";

const { idle } = rowsOf<ProxySection>("proxy");

const http = "it is for mode http";
const first = (line: Line): string => line.words[0]?.text ?? "";

const statsWords = wordList(`
    admin uri realm auth scope enable hide-version show-node show-desc show-legends show-modules
    refresh http-request
  `);

function checkStats(target: ProxySection, line: Line): void {
  const word = line.words[0];
  const list =
    "expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', 'show-node', 'show-desc' or 'show-legends'.";
  if (word === undefined) throw new Complaint(`missing keyword in 'stats', ${list}`, line.keyword);
  if (!statsWords.includes(word.text)) {
    throw new Complaint(`unknown stats parameter '${word.text}', ${list}`, word);
  }
  const value = line.words[1]?.text ?? "";
  const needs = wordTable<string>({
    uri: "'uri' needs an URI prefix.",
    realm: "'realm' needs an realm name.",
    auth: "'auth' needs a user:password account.",
    scope: "'scope' needs a proxy name.",
    admin: "'stats admin' requires either 'if' or 'unless' followed by a condition.",
  });
  const missing = needs.get(word.text);
  if (missing !== undefined && value === "") throw new Complaint(missing, word);
  if (word.text === "admin") {
    if (target.kind === "defaults") throw new Complaint("'stats admin' not allowed in 'defaults' section.", word);
    if (value !== "if" && value !== "unless") throw new Complaint(needs.get("admin") ?? "", line.words[1] ?? word);
  }
  if (word.text === "show-node" && value !== "" && !/^[A-Za-z0-9_-]+$/.test(value)) {
    throw new Complaint(
      "'stats show-node' invalid node name - should be a stringwith digits(0-9), letters(A-Z, a-z), hyphen(-) or underscode(_).",
      line.words[1] ?? word,
    );
  }
  if (word.text === "refresh") {
    const time = readTime(value, "s");
    if (typeof time !== "number") {
      const character = time.kind === "character" ? time.character : "";
      throw new Complaint(
        `unexpected character '${character}' in argument to stats refresh interval.`,
        line.words[1] ?? word,
      );
    }
  }
  target.settings.httpOnly.add("stats");
}

const statusCodes = [200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504];

function checkErrorCode(name: string, what: string, line: Line): void {
  const [code, value] = line.words;
  if (code === undefined || value === undefined) {
    throw new Complaint(`${name} : expects <status_code> and <${what}> as arguments.`, line.keyword);
  }
  if (!statusCodes.includes(Number(code.text))) {
    throw new Complaint(`${name} : status code '${code.text}' not handled.`, code);
  }
}

/** The rows of this file. */
export const httpPageRows: readonly Row<ProxySection>[] = [
  idle("errorfile", {
    where: "DFLB",
    usage: "<code> <file>",
    tier: "A",
    help: "The text of an HTTP error.",
    reason: "TCP has no error pages",
    check(_target, line) {
      checkErrorCode("errorfile", "file", line);
      const path = line.words[1]?.text ?? "";
      if (line.draft.files.read(path) === null) {
        throw new Complaint(`errorfile : error opening file '${path}'.`, line.words[1] ?? null);
      }
    },
  }),
  ...["errorloc", "errorloc302", "errorloc303"].map((name) =>
    idle(name, {
      where: "DFLB",
      usage: "<code> <url>",
      tier: "A",
      help: "Redirects HTTP errors.",
      reason: "TCP has no error pages",
      check: (_target, line) => checkErrorCode(name, "url", line),
    }),
  ),
  idle("errorfiles", {
    where: "DFLB",
    usage: "<section> [<code> …]",
    tier: "A",
    help: "Texts of HTTP errors.",
    reason: "TCP has no error pages",
    words: words("errorfiles", [text("errorfiles : expects <name> as argument.")], "ignore"),
  }),
  idle("http-error", {
    where: "DFLB",
    usage: "status <code> …",
    help: "The text of an HTTP error.",
    reason: http,
    check(_target, line) {
      if (first(line) === "")
        throw new Complaint("http-error : expects at least a <status> as arguments.", line.keyword);
    },
  }),
  idle("stats", {
    where: "DFLB",
    tight: true,
    usage: "enable|uri|auth|realm|refresh|scope|admin|hide-version|show-…",
    tier: "A",
    help: "HAProxy's statistics page.",
    reason: "statistics are at the health endpoint: /, /status and /metrics",
    check: checkStats,
  }),
  idle("monitor-uri", {
    where: "DFL",
    usage: "<uri>",
    tier: "C",
    help: "An HTTP address for health.",
    reason: "health is at the health endpoint: /healthz and /readyz",
    needs: "frontend",
    check({ settings }, line) {
      if (first(line) === "") throw new Complaint("'monitor-uri' expects an URI.", line.keyword);
      settings.httpOnly.add("monitor-uri");
    },
  }),
  idle("monitor", {
    where: "FL",
    usage: "fail if|unless <condition>",
    tier: "C",
    help: "When monitor-uri fails.",
    reason: "health is at the health endpoint: /healthz and /readyz",
    needs: "frontend",
    check(_target, line) {
      if (first(line) !== "fail") throw new Complaint("'monitor' only supports 'fail'.", line.words[0] ?? line.keyword);
      const word = line.words[1];
      if (word?.text !== "if" && word?.text !== "unless") {
        throw new Complaint(
          "'monitor fail' requires either 'if' or 'unless' followed by a condition.",
          word ?? line.keyword,
        );
      }
    },
  }),
];
