/** `stick on|match|…`, `use_backend`, `use-server`, `force-persist`, `ignore-persist`: lines that end in a condition. */
import type { Condition } from "../../plan/rules/acl.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { StickRule } from "../../plan/rules/rule.ts";
import { parseCondition } from "./acl.ts";
import { Complaint, latePlace, prefixed } from "../text/complaint.ts";
import { momentOf, parseExpression, unavailableSource } from "../expressions/expression.ts";
import { parseFormat } from "../expressions/log-format.ts";
import type { Site } from "../../rules/samples/sites.ts";
import { peek, textAt, type Cursor } from "../text/cursor.ts";
import { readingLine, type ProxyScope, type Reference } from "../draft/proxy-scope.ts";
import type { Statement } from "../text/statement.ts";

const choosing: Site = "backend use-server, balance or stick-match rule";
const storing: Site = "backend stick-store rule";

/** Reads `stick on|match|store-request|store-response KEY [table T] [if …]`. Throws a Complaint. */
export function parseStickRule(statement: Statement, scope: ProxyScope): StickRule {
  return readingLine(scope, () => readStickRule(statement, scope));
}

function readStickRule(statement: Statement, scope: ProxyScope): StickRule {
  const cursor: Cursor = { statement, index: 1 };
  const kindWord = peek(cursor);
  const kind = textAt(cursor);
  if (kind !== "on" && kind !== "match" && kind !== "store-request" && kind !== "store-response") {
    throw new Complaint("'stick' expects 'on', 'match', or 'store'.", kindWord ?? statement.words[0] ?? null);
  }
  cursor.index += 1;
  if (textAt(cursor) === "") throw new Complaint("'stick' expects a fetch method.", kindWord);
  const site = kind === "store-response" ? storing : choosing;
  const keyWord = peek(cursor);
  const key = prefixed("'stick': ", () => parseExpression(cursor, scope, { site: null, where: "stick rule" }));
  const source = unavailableSource(key, site);
  if (source !== null) {
    const when = kind === "store-response" ? "for 'store-response'" : "during request";
    const text = `'stick': fetch method '${key.fetch}' extracts information from '${source}', none of which is available ${when}.`;
    throw new Complaint(text, keyWord, momentOf(key));
  }
  const isGiven = textAt(cursor) === "table";
  const table = isGiven ? textAt(cursor, 1) : null;
  const word = isGiven ? (statement.words[cursor.index + 1] ?? peek(cursor)) : (statement.words[0] ?? null);
  scope.references.push(reference("table", table, "stick", statement, scope, word));
  cursor.index += isGiven ? 2 : 0;
  const next = peek(cursor);
  if (next !== null && next.text !== "" && next.text !== "if" && next.text !== "unless") {
    throw new Complaint(`'stick': unknown keyword '${next.text}'.`, next);
  }
  const condition = ending("'stick': error detected while parsing sticking condition : ", () =>
    parseCondition(cursor, scope, site, null),
  );
  return { kind, key, table, condition };
}

function reference(
  kind: Reference["kind"],
  name: string | null,
  rule: string,
  statement: Statement,
  scope: ProxyScope,
  word: Reference["word"],
): Reference {
  const position = { file: statement.file, line: statement.line };
  return { kind, name, proxy: scope.name, argument: 0, by: rule, rule, position, statement, word };
}

/** Puts a prefix before what goes wrong and a full stop behind it. */
function ending<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(`${prefix}${error.message}.`, error.word, error.advice, error.where);
  }
}

/** A name, or a log-format string when it has `%` in it. */
function takeTarget(
  cursor: Cursor,
  scope: ProxyScope,
  kind: "backend" | "server",
  rule: "use_backend" | "use-server",
  site: Site,
  where: string,
): string | LogFormat {
  const word = peek(cursor);
  const name = textAt(cursor);
  if (!name.includes("%")) {
    scope.references.push(reference(kind, name, rule, cursor.statement, scope, word));
    cursor.index += 1;
    return name;
  }
  try {
    return parseFormat(cursor, scope, site, where);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const text = `failed to parse ${rule} rule '${name}' : ${error.message}.`;
    throw new Complaint(text, word, error.advice, latePlace);
  }
}

/** Reads `use_backend NAME [if …]`; a name with `%` is a log-format string. Throws a Complaint. */
export function parseUseBackend(
  statement: Statement,
  scope: ProxyScope,
): { backend: string | LogFormat; condition: Condition | null } {
  return readingLine(scope, () => readUseBackend(statement, scope));
}

function readUseBackend(
  statement: Statement,
  scope: ProxyScope,
): { backend: string | LogFormat; condition: Condition | null } {
  const cursor: Cursor = { statement, index: 1 };
  const site: Site = "frontend use-backend rule";
  if (textAt(cursor) === "") throw new Complaint("'use_backend' expects a backend name.", statement.words[0] ?? null);
  const next = statement.words[2] ?? null;
  if (next !== null && next.text !== "" && next.text !== "if" && next.text !== "unless") {
    const text = `unexpected keyword '${next.text}' after switching rule, only 'if' and 'unless' are allowed.`;
    throw new Complaint(text, next);
  }
  const condition = ending("error detected while parsing switching rule : ", () =>
    parseCondition({ statement, index: 2 }, scope, site, null),
  );
  const backend = takeTarget(cursor, scope, "backend", "use_backend", site, "use_backend expression");
  return { backend, condition };
}

/** Reads `use-server NAME if …`. Throws a Complaint. */
export function parseUseServer(
  statement: Statement,
  scope: ProxyScope,
): { server: string | LogFormat; condition: Condition | null } {
  return readingLine(scope, () => readUseServer(statement, scope));
}

function readUseServer(
  statement: Statement,
  scope: ProxyScope,
): { server: string | LogFormat; condition: Condition | null } {
  const cursor: Cursor = { statement, index: 1 };
  if (textAt(cursor) === "") throw new Complaint("'use-server' expects a server name.", statement.words[0] ?? null);
  const where = "use-server or balance expression";
  const server = takeTarget(cursor, scope, "server", "use-server", choosing, where);
  requireCondition(cursor, "use-server");
  const condition = ending("error detected while parsing switching rule : ", () =>
    parseCondition(cursor, scope, choosing, null),
  );
  return { server, condition };
}

function requireCondition(cursor: Cursor, keyword: string): void {
  if (textAt(cursor) === "if" || textAt(cursor) === "unless") return;
  const word = peek(cursor) ?? cursor.statement.words[0] ?? null;
  throw new Complaint(`'${keyword}' requires either 'if' or 'unless' followed by a condition.`, word);
}

/** Reads `force-persist if …` and `ignore-persist if …`. Throws a Complaint. */
export function parsePersistRule(
  statement: Statement,
  scope: ProxyScope,
): { kind: "force-persist" | "ignore-persist"; condition: Condition } {
  return readingLine(scope, () => readPersistRule(statement, scope));
}

function readPersistRule(
  statement: Statement,
  scope: ProxyScope,
): { kind: "force-persist" | "ignore-persist"; condition: Condition } {
  const cursor: Cursor = { statement, index: 1 };
  const kind = statement.words[0]?.text === "ignore-persist" ? "ignore-persist" : "force-persist";
  requireCondition(cursor, kind);
  const condition = ending(`error detected while parsing a '${kind}' rule : `, () =>
    parseCondition(cursor, scope, "backend tcp-request content rule", null),
  );
  return { kind, condition: condition ?? { unless: false, any: [] } };
}
