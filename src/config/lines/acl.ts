/** `acl` lines, anonymous ACLs, and the `if`/`unless` conditions made of them. */
import type { AclPlan, AclTest, Condition } from "../../plan/rules/acl.ts";
import { complain, Complaint, prefixed } from "../text/complaint.ts";
import { parseTypedExpression, type TypedExpression } from "../expressions/expression.ts";
import { readPatternFile, readPatterns, type PatternFlags } from "../expressions/patterns.ts";
import { aclKeywords, fetches } from "../../rules/fetches/fetches.ts";
import { firstMoment, isAvailable, type Site, sourceName } from "../../rules/samples/sites.ts";
import { canCast, type SampleType } from "../../rules/value/sample.ts";
import { noteBacktracking } from "../expressions/regex-notices.ts";
import { peek, textAt, type Cursor } from "../text/cursor.ts";
import { readingLine, type ProxyScope } from "../draft/proxy-scope.ts";
import type { Statement, Word } from "../text/statement.ts";

type Match = AclTest["match"];

/** Reads `acl NAME criterion [flags] patterns` into `scope.acls`. Throws a Complaint. */
export function parseAcl(statement: Statement, scope: ProxyScope): void {
  readingLine(scope, () => readAcl(statement, scope));
}

function readAcl(statement: Statement, scope: ProxyScope): void {
  const [, nameWord] = statement.words;
  const name = nameWord?.text ?? "";
  const wrong = /[^A-Za-z0-9\-_.:]/.exec(name)?.[0];
  if (wrong !== undefined)
    throw new Complaint(`character '${wrong}' is not permitted in acl name '${name}'.`, nameWord);
  if (name.toLowerCase() === "or") {
    const reason = "'or' is used to express a logical disjunction within a condition.";
    throw new Complaint(`acl name '${name}' will never match. ${reason}`, nameWord);
  }
  const cursor: Cursor = { statement, index: 2 };
  const test = prefixed(`error detected while parsing ACL '${name}' : `, () =>
    ending(() => parseTest(cursor, scope, null, name)),
  );
  scope.acls.add(name, test);
}

/** Messages about an ACL end in a full stop. */
function ending<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(`${error.message}.`, error.word, error.advice, error.where);
  }
}

/**
 * Takes criterion, flags and patterns up to the end of the line, or up to the word `end` (the `}` of an anonymous ACL),
 * on which the cursor is left. Throws a Complaint.
 */
function parseTest(cursor: Cursor, scope: ProxyScope, end: number | null, name = ""): AclTest {
  const last = end ?? cursor.statement.words.length;
  const word = peek(cursor);
  const written = /^[^(),]*/.exec(cursor.index < last ? textAt(cursor) : "")?.[0] ?? "";
  if (written === "") {
    const text = cursor.index < last ? textAt(cursor) : "";
    throw new Complaint(`missing fetch method in ACL expression '${text}'`, word);
  }
  const line = { ...cursor.statement, words: cursor.statement.words.slice(0, last) };
  const inner: Cursor = { statement: line, index: cursor.index };
  const typed = parseTypedExpression(inner, scope, {
    site: null,
    where: null,
    isAcl: true,
    rename: (name) => aclKeywords.get(name)?.fetch.name ?? null,
  });
  const keyword = typed.expression.converters.length > 0 ? undefined : aclKeywords.get(written);
  const usual = keyword?.match ?? defaultMatch(typed.type);
  const flags = takeFlags(inner, scope);
  const match = flags.match ?? usual;
  if (match === null) {
    const text = "matching method must be specified first (using '-m') when using a sample fetch of this type";
    throw new Complaint(`${text} ('${written}')`, word);
  }
  checkCast(typed, match, written, word);
  const words = line.words.slice(inner.index, last);
  warnWithoutPatterns(match, flags, words, word?.text ?? written, scope);
  const way = { match, isDotted: keyword?.fetch.isVersion === true && flags.match === null };
  const files = flags.files.flatMap((file) => readPatternFile(file, way, flags, scope, word, line));
  const entries = readPatterns(words, way, flags, scope);
  if (typed.expression.fetch === "http_auth_group") {
    noteGroups(scope, name, flags.match === null && keyword !== undefined ? entries.map(({ key }) => key) : []);
  }
  const criterion = keyword === undefined ? typed.expression.fetch : written;
  const own = scope.patternLists.addOwn(
    flags.id,
    criterion,
    { match, ignoreCase: flags.ignoreCase, output: null },
    entries,
    line,
  );
  if (match === "reg") {
    for (const word of words) noteBacktracking([word.text], flags, scope.diagnostics, line, word);
    noteBacktracking(files, flags, scope.diagnostics, line, word, flags.files.join("' and '"));
  }
  const patterns = [...files, ...entries.flatMap((entry) => entry.compared)];
  cursor.index = last;
  return { expression: typed.expression, match, ignoreCase: flags.ignoreCase, patterns, files: flags.files, own };
}

/** Groups are looked for once every userlist is known. */
function noteGroups({ references }: ProxyScope, acl: string, names: readonly string[]): void {
  const at = references.findLastIndex(({ kind }) => kind === "userlist");
  const reference = references[at];
  if (reference !== undefined) references[at] = { ...reference, groups: { acl, names } };
}

function defaultMatch(type: SampleType): Match | null {
  switch (type) {
    case "bool":
      return "bool";
    case "sint":
      return "int";
    case "addr":
    case "ipv4":
    case "ipv6":
      return "ip";
    case "str":
      return "str";
    default:
      return null;
  }
}

const matchTypes: Readonly<Record<Match, SampleType>> = {
  found: "any",
  bool: "sint",
  int: "sint",
  ip: "addr",
  bin: "bin",
  len: "str",
  str: "str",
  beg: "str",
  sub: "str",
  reg: "str",
  end: "str",
  dir: "str",
  dom: "str",
};

function checkCast(typed: TypedExpression, match: Match, written: string, keyword: Word | null): void {
  if (canCast(typed.type, matchTypes[match])) return;
  throw new Complaint(`matching method '${match}' cannot be used with fetch keyword '${written}'`, keyword);
}

interface Flags extends PatternFlags {
  match: Match | null;
  /** `-u`. */
  id: number | null;
  /** Any flag at all stood there. */
  isAny: boolean;
  readonly files: string[];
}

/** `-i`, `-n`, `-u ID`, `-m METHOD`, `-f FILE`, `-M`, `--`, up to the first word that is no flag. */
function takeFlags(cursor: Cursor, scope: ProxyScope): Flags {
  const flags: Flags = {
    match: null,
    id: null,
    ignoreCase: false,
    noNames: false,
    isMap: false,
    isAny: false,
    files: [],
  };
  for (;;) {
    const word = peek(cursor);
    const flag = word?.text ?? "";
    if (word === null || !flag.startsWith("-")) return flags;
    cursor.index += 1;
    flags.isAny = true;
    if (flag === "--") return flags;
    if (flag === "-i") flags.ignoreCase = true;
    else if (flag === "-n") flags.noNames = true;
    else if (flag === "-M") flags.isMap = true;
    else if (flag === "-u") flags.id = takeIdentifier(cursor, scope);
    else if (flag === "-m") takeMatch(cursor, flags);
    else if (flag === "-f") flags.files.push(takeWord(cursor));
    else {
      const advice = "Please use '--' before any pattern beginning with a '-'";
      throw new Complaint(`'${flag}' is not a valid ACL option. ${advice}`, word);
    }
  }
}

function takeWord(cursor: Cursor): string {
  const text = textAt(cursor);
  cursor.index += 1;
  return text;
}

const methods: readonly string[] = Object.keys(matchTypes);

function takeMatch(cursor: Cursor, flags: Flags): void {
  const word = peek(cursor);
  const method = takeWord(cursor);
  if (!methods.includes(method)) {
    throw new Complaint(`unknown matching method '${method}' when parsing ACL expression`, word);
  }
  if (flags.files.length > 0) {
    throw new Complaint("'-m' must only be specified before patterns and files in parsing ACL expression", word);
  }
  flags.match = method as Match;
}

function takeIdentifier(cursor: Cursor, scope: ProxyScope): number {
  const word = peek(cursor);
  const text = takeWord(cursor);
  if (!/^[0-9]+$/.test(text)) throw new Complaint("the argument of -u must be an integer", word);
  const id = Number(text);
  if (scope.patternLists.isTaken(id)) throw new Complaint("the id is already used", word);
  return id;
}

/** HAProxy's warning about a criterion that nothing is compared with. */
function warnWithoutPatterns(
  match: Match,
  flags: Flags,
  words: readonly Word[],
  written: string,
  scope: ProxyScope,
): void {
  if (flags.isAny || (words[0]?.text ?? "") !== "" || match === "found" || match === "bool") return;
  const lines = [
    `parsing acl keyword '${written}' :`,
    "  no pattern to match against were provided, so this ACL will never match.",
    "  If this is what you intended, please add '--' to get rid of this warning.",
    "  If you intended to match only for existence, please use '-m found'.",
    "  If you wanted to force an int to match as a bool, please use '-m bool'.",
    "",
  ];
  scope.diagnostics.add({ level: "warning", text: lines.join("\n"), pointer: null, advice: null });
}

/**
 * Takes `if …` or `unless …` up to the end of the line; the cursor stands on `if`. Null at the end of the line.
 *
 * `sites` is where it will be evaluated; `rule` is how a warning calls the line (`tcp-request connection`), null when
 * HAProxy's does not. Throws a Complaint without the caller's prefix. As in HAProxy, an empty condition is false.
 */
export function parseCondition(
  cursor: Cursor,
  scope: ProxyScope,
  sites: Site | readonly Site[],
  rule: string | null,
): Condition | null {
  const keyword = textAt(cursor);
  if (keyword !== "if" && keyword !== "unless") return null;
  const any: { negate: boolean; acl: AclPlan }[][] = [];
  const places = typeof sites === "string" ? [sites] : sites;
  let isNewSuite = true;
  let isWarned = false;
  let negate = false;
  cursor.index += 1;
  for (let word = peek(cursor); word !== null && word.text !== ""; word = peek(cursor)) {
    if (word.text === "or" || word.text === "||") {
      isNewSuite = true;
      negate = false;
      cursor.index += 1;
      continue;
    }
    const bangs = /^!*/.exec(word.text)?.[0].length ?? 0;
    if (bangs % 2 === 1) negate = !negate;
    const name = word.text.slice(bangs);
    if (name === "") {
      cursor.index += 1;
      continue;
    }
    const acl = name === "{" ? takeAnonymous(cursor, scope) : findAcl(name, word, cursor.statement, scope);
    cursor.index += 1;
    refuseTooEarly(acl, places, word);
    isWarned ||= warnWhereImpossible(acl, places, rule, cursor.statement, scope);
    if (isNewSuite) any.push([]);
    isNewSuite = false;
    any.at(-1)?.push({ negate, acl });
    negate = false;
  }
  return { unless: keyword === "unless", any };
}

/** `{ criterion … }`; the cursor goes from the `{` to the `}`. */
function takeAnonymous(cursor: Cursor, scope: ProxyScope): AclPlan {
  const { words } = cursor.statement;
  const close = words.findIndex((word, index) => index > cursor.index && word.text === "}" && !word.quoted);
  if (close === -1) throw new Complaint("missing closing '}' in condition", peek(cursor));
  cursor.index += 1;
  const test = parseTest(cursor, scope, close);
  return { name: null, tests: [test] };
}

/** ACLs that exist without an `acl` line (manual, section 7.4). */
const predefined: ReadonlyMap<string, readonly string[]> = new Map([
  ["TRUE", ["always_true"]],
  ["FALSE", ["always_false"]],
  ["HTTP", ["req.proto_http"]],
  ["HTTP_1.0", ["req.ver", "1.0"]],
  ["HTTP_1.1", ["req.ver", "1.1"]],
  ["HTTP_2.0", ["req.ver", "2.0"]],
  ["HTTP_3.0", ["req.ver", "3.0"]],
  ["HTTP_CONTENT", ["req.hdr_val(content-length)", "gt", "0"]],
  ["HTTP_URL_ABS", ["url", "-m", "reg", "^[^/:]*://"]],
  ["HTTP_URL_SLASH", ["url", "-m", "beg", "/"]],
  ["HTTP_URL_STAR", ["url", "*"]],
  ["LOCALHOST", ["src", "127.0.0.1/8", "::1"]],
  ["METH_CONNECT", ["method", "CONNECT"]],
  ["METH_DELETE", ["method", "DELETE"]],
  ["METH_GET", ["method", "GET", "HEAD"]],
  ["METH_HEAD", ["method", "HEAD"]],
  ["METH_OPTIONS", ["method", "OPTIONS"]],
  ["METH_POST", ["method", "POST"]],
  ["METH_PUT", ["method", "PUT"]],
  ["METH_TRACE", ["method", "TRACE"]],
  ["RDP_COOKIE", ["req.rdp_cookie_cnt", "gt", "0"]],
  ["REQ_CONTENT", ["req.len", "gt", "0"]],
  ["WAIT_END", ["wait_end"]],
]);

/** A named ACL with the lines it has and those it will get, or a predefined one. */
function findAcl(name: string, word: Word, { file, line: number }: Statement, scope: ProxyScope): AclPlan {
  const tests = scope.acls.get(name);
  if (tests !== undefined) return { name, tests };
  const words = predefined.get(name);
  if (words === undefined) {
    const near = scope.diagnostics.suggestions.nearest(name, () => [...scope.acls.names(), ...predefined.keys()]);
    throw new Complaint(`no such ACL : '${name}'`, word, near === null ? null : `Did you mean '${near}'?`);
  }
  const line = words.map((text) => ({ text, column: word.column, length: word.length, quoted: false }));
  const statement: Statement = { file, line: number, source: "", words: line };
  return { name, tests: [parseTest({ statement, index: 0 }, scope, null)] };
}

/** What HAProxy does not know may be refused where it can have no value: it would never match. */
function refuseTooEarly({ name, tests }: AclPlan, sites: readonly Site[], word: Word): void {
  for (const { expression } of tests) {
    const source = fetches.get(expression.fetch)?.source;
    const moment = source === undefined ? null : firstMoment(source);
    if (source === undefined || moment === null || sites.some((site) => isAvailable(source, site))) continue;
    const who = name === null ? "an anonymous acl" : `acl '${name}'`;
    const text = `${who} uses '${expression.fetch}', which extracts information from '${sourceName(source)}': that is not available here`;
    throw new Complaint(text, word, moment);
  }
}

/** HAProxy warns of the first ACL whose fetches can have no value where it is used: it never matches. Whether it is this one. */
function warnWhereImpossible(
  acl: AclPlan,
  sites: readonly Site[],
  rule: string | null,
  statement: Statement,
  scope: ProxyScope,
): boolean {
  const isPossible = (test: AclTest): boolean => {
    const source = fetches.get(test.expression.fetch)?.source;
    return source === undefined || sites.some((site) => isAvailable(source, site));
  };
  const impossible = acl.tests.find((test) => !isPossible(test));
  if (impossible === undefined) return false;
  const who = acl.name === null ? "anonymous acl" : `acl '${acl.name}'`;
  const where = rule === null ? "" : ` in '${rule}'`;
  const fetch = /^[^(),]*/.exec(impossible.expression.text)?.[0] ?? "";
  const site = `'${sites[0] ?? ""}'`;
  const text = acl.tests.some(isPossible)
    ? `${who} involves keyword '${fetch}' which is incompatible with ${site}`
    : acl.name === null
      ? `${who} will never match${where} because it uses keyword '${fetch}' which is incompatible with ${site}`
      : `${who} will never match${where} because it only involves keywords that are incompatible with ${site}`;
  complain(scope.diagnostics, "warning", statement, text);
  return true;
}
