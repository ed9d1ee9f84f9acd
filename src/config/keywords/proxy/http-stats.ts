/** `stats …` of proxies: the statistics page (manual, 4.2). */
import { Complaint, place, sentence, shortPlace } from "../../text/complaint.ts";
import { hasFrontend } from "../../draft/proxy-scope.ts";
import type { StatsPageDraft } from "../../draft/http.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { parseCondition } from "../../lines/acl.ts";
import { parseHttpRule } from "../../lines/rules/rule.ts";
import { type Line, type Row, warn } from "../../row/row.ts";
import { anyWords, readSeconds } from "../../row/value.ts";
import type { Word } from "../../text/statement.ts";
import { wordTable } from "../../../word-table.ts";
import { httpRow } from "./http-row.ts";

const expected =
  "expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', 'show-node', 'show-desc' or 'show-legends'.";

/** What one `stats` word does with the words after it. */
type Reader = (page: StatsPageDraft, line: Line, target: ProxySection) => void;

const readers = wordTable<Reader>({
  enable: () => {},
  uri: (page, line) => void (page.uri = value(line, "'uri' needs an URI prefix.").text),
  realm: (page, line) => void (page.realm = value(line, "'realm' needs an realm name.").text),
  auth: addUser,
  scope: (page, line) => void page.scope.push(value(line, "'scope' needs a proxy name.").text),
  "hide-version": (page) => void (page.showsVersion = false),
  "show-node": showNode,
  "show-desc": showDescription,
  "show-legends": (page) => void (page.showsLegends = true),
  "show-modules": (page) => void (page.showsModules = true),
  refresh: readRefresh,
  admin: addAdminRule,
  "http-request": addRequestRule,
});

/** The word after the first. Throws a Complaint where there is none. */
function value(line: Line, missing: string): Word {
  const word = line.words[1];
  if (word === undefined || word.text === "") throw new Complaint(missing, line.words[0] ?? line.keyword, null, wide);
  return word;
}

/** Some of HAProxy's messages here have a space before the colon, and some none. */
const wide: typeof place = (statement) => place(statement);

/** Reads what complains in the form with the space. */
function widely<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint) || error.where !== place) throw error;
    throw new Complaint(error.message, error.word, error.advice, wide);
  }
}

/** The names of a page's users. */
const known = new WeakMap<StatsPageDraft, Set<string>>();

function addUser(page: StatsPageDraft, line: Line): void {
  const word = value(line, "'auth' needs a user:password account.");
  const [name = ""] = word.text.split(":", 1);
  const names = known.get(page) ?? new Set();
  known.set(page, names);
  if (names.has(name)) {
    warn(line, `uri auth: ignoring duplicated user '${name}'.`, word, () => "");
    return;
  }
  names.add(name);
  page.users.push({ name, password: word.text.slice(name.length + 1) });
}

function showNode(page: StatsPageDraft, line: Line): void {
  const name = line.words[1]?.text ?? "";
  page.node = name;
}

function showDescription(page: StatsPageDraft, line: Line): void {
  const text = line.words
    .slice(1)
    .map((word) => word.text)
    .join(" ");
  if (text === "" && line.draft.global.description === null) {
    const missing = "'show-desc' requires a parameter or 'desc' to be set in the global section.";
    warn(line, missing, line.words[0], shortPlace);
    return;
  }
  page.description = text;
}

function readRefresh(page: StatsPageDraft, line: Line): void {
  const word = line.words[1];
  const time = readSeconds(word?.text ?? "");
  if (typeof time === "number") {
    page.refreshSeconds = time;
    return;
  }
  const character = time.kind === "character" ? time.character : "";
  throw new Complaint(
    `unexpected character '${character}' in argument to stats refresh interval.`,
    word ?? line.words[0] ?? null,
  );
}

function addAdminRule(page: StatsPageDraft, line: Line, { kind, scope }: ProxySection): void {
  if (kind === "defaults")
    throw new Complaint("'stats admin' not allowed in 'defaults' section.", line.words[0] ?? null);
  const word = line.words[1];
  if (word?.text !== "if" && word?.text !== "unless") {
    const text = "'stats admin' requires either 'if' or 'unless' followed by a condition.";
    throw new Complaint(text, word ?? line.words[0] ?? null, null, wide);
  }
  const site = hasFrontend(scope) ? "frontend http-request header rule" : "backend http-request header rule";
  const cursor = { statement: line.statement, index: line.start + 1 };
  const condition = widely(() =>
    sentence("error detected while parsing a 'stats admin' rule : ", () => parseCondition(cursor, scope, site, null)),
  );
  if (condition !== null) page.adminRules.push(condition);
}

function addRequestRule(page: StatsPageDraft, line: Line, { kind, scope }: ProxySection): void {
  if (kind === "defaults") throw new Complaint("'stats' not allowed in 'defaults' section.", line.keyword);
  // Read as the line that stands behind `stats`.
  const statement = { ...line.statement, words: line.statement.words.slice(line.start) };
  const rule = widely(() => parseHttpRule(statement, scope, null));
  if (!["allow", "deny", "auth"].includes(rule.action.kind)) {
    const word = line.words[1];
    throw new Complaint(
      `'stats http-request ${word?.text ?? ""}' is not supported`,
      word,
      "HAProxy takes it, and does nothing: say 'allow', 'deny' or 'auth'",
    );
  }
  page.requestRules.push(rule);
}

const startPage = (): StatsPageDraft => ({
  uri: "/haproxy?stats",
  realm: null,
  users: [],
  scope: [],
  showsVersion: true,
  node: null,
  description: null,
  showsLegends: false,
  showsModules: false,
  refreshSeconds: 0,
  adminRules: [],
  requestRules: [],
});

/** The page that a section's lines are about: one of its own from its first line on. */
function pageOf({ settings: { http } }: ProxySection): StatsPageDraft {
  if (http.statsPage === null || !http.ownsStatsPage) http.statsPage = startPage();
  http.ownsStatsPage = true;
  return http.statsPage;
}

export const httpStatsRows: readonly Row<ProxySection>[] = [
  httpRow("stats", {
    where: "DFLB",
    usage: "enable|uri|auth|realm|refresh|scope|admin|hide-version|show-…|http-request",
    tier: "A",
    help: "The statistics page.",
    words: anyWords(),
    tight: true,
    land(target, _values, line) {
      const word = line.words[0];
      if (word === undefined) throw new Complaint(`missing keyword in 'stats', ${expected}`, line.keyword);
      const read = readers.get(word.text);
      if (read === undefined) throw new Complaint(`unknown stats parameter '${word.text}', ${expected}`, word);
      read(pageOf(target), line, target);
      target.settings.httpOnly.add("stats");
    },
  }),
];
