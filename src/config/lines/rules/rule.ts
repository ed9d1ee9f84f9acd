/** `tcp-request`, `tcp-response`, `http-request`, `http-response`, `http-after-response` and `redirect` lines: words to a Rule. */
import { proxyLabel } from "../../text/section-headers.ts";
import type { Condition } from "../../../plan/rules/acl.ts";
import type { CapturePlan } from "../../../plan/http.ts";
import type { Action, Rule } from "../../../plan/rules/rule.ts";
import { parseCondition } from "../acl.ts";
import { Complaint, prefixed, sentence, shortPlace } from "../../text/complaint.ts";
import { takeAction } from "./rule-action.ts";
import type { ActionLine } from "./action-line.ts";
import { takeRedirect } from "./rule-redirect.ts";
import type { HttpLayer, RuleLayer } from "../../../rules/actions/row.ts";
import type { Site } from "../../../rules/samples/sites.ts";
import { peek, textAt, type Cursor } from "../../text/cursor.ts";
import { hasBackend, hasFrontend, readingLine, type ProxyScope } from "../../draft/proxy-scope.ts";
import type { Statement } from "../../text/statement.ts";
import { nearest } from "../../text/suggestion.ts";
import { readTime } from "../../row/value.ts";

/** Which list of its section a line belongs to. */
export type RuleLine =
  | { readonly kind: "connection" | "session" | "content" | "response"; readonly rule: Rule }
  | { readonly kind: "inspect-delay" | "response-inspect-delay"; readonly delayMs: number };

/** Reads a `tcp-request` or `tcp-response` line; `captures` as for parseHttpRule. Throws a Complaint. */
export function parseTcpRule(statement: Statement, scope: ProxyScope, captures: CapturePlan[] | null = null): RuleLine {
  return readingLine(scope, () => readTcpRule(statement, scope, captures));
}

function readTcpRule(statement: Statement, scope: ProxyScope, captures: CapturePlan[] | null): RuleLine {
  const keyword = statement.words[0]?.text ?? "";
  const layerWord = statement.words[1] ?? null;
  const written = layerWord?.text ?? "";
  const label = proxyLabel(scope);
  if (written === "") throw new Complaint(`missing argument for '${keyword}' in ${label}`, statement.words[0] ?? null);
  const isResponse = keyword === "tcp-response";
  const kinds = isResponse ? ["inspect-delay", "content"] : ["inspect-delay", "connection", "session", "content"];
  if (!kinds.includes(written)) {
    const expected = isResponse ? "'inspect-delay' or 'content'" : "'inspect-delay', 'connection', or 'content'";
    const near = nearest(written, kinds);
    const advice = near === null ? null : `Did you mean '${near}'?`;
    throw new Complaint(`'${keyword}' expects ${expected} in ${label} (got '${written}')`, layerWord, advice);
  }
  checkPlace(keyword, written, scope, statement);
  if (written === "inspect-delay") return readDelay(keyword, statement, label);
  const layer: RuleLayer = isResponse ? "response" : (written as "connection" | "session" | "content");
  return { kind: layer, rule: readRule(`${keyword} ${written}`, layer, statement, scope, captures) };
}

/** Which sections may have which rules. */
function checkPlace(keyword: string, written: string, scope: ProxyScope, statement: Statement): void {
  const word = statement.words[1] ?? null;
  const line = `${keyword} ${written}`;
  const isNamedDefaults = scope.kind === "defaults" && scope.name !== "";
  if (keyword === "tcp-response") {
    if (hasBackend(scope) || isNamedDefaults) return;
    throw new Complaint(`${line} is only allowed in 'backend' sections or 'defaults' section with a name`, word);
  }
  if (scope.kind === "defaults" && !isNamedDefaults) {
    throw new Complaint(`${line} is not allowed in anonymous 'defaults' sections`, word);
  }
  if ((written === "connection" || written === "session") && !hasFrontend(scope) && !isNamedDefaults) {
    throw new Complaint(`${line} is not allowed because ${scope.kind} ${scope.name} is not a frontend`, word);
  }
}

function readDelay(keyword: string, statement: Statement, label: string): RuleLine {
  const kind = keyword === "tcp-response" ? "response-inspect-delay" : "inspect-delay";
  const word = statement.words[2] ?? statement.words[1] ?? null;
  const text = statement.words[2]?.text ?? "";
  const message = `'${keyword} inspect-delay' expects a positive delay in milliseconds, in ${label}`;
  if (text === "") throw new Complaint(message, word);
  const delay = readTime(text);
  if (typeof delay === "number") return { kind, delayMs: delay };
  const reason =
    delay.kind === "character"
      ? `unexpected character '${delay.character}'`
      : `timer overflow in '${text}', maximum value is 2147483647 ms or ~24.8 days`;
  throw new Complaint(`${message} (${reason})`, word);
}

const frontSites: Readonly<Record<RuleLayer, Site>> = {
  connection: "frontend tcp-request connection rule",
  session: "frontend tcp-request session rule",
  content: "frontend tcp-request content rule",
  response: "frontend tcp-response content rule",
  "http-request": "frontend http-request header rule",
  "http-response": "frontend http-response header rule",
  "http-after-response": "frontend http-response header rule",
};

/** Where the rules of a layer run in a section: in both halves of a listen. */
function ruleSites(layer: RuleLayer, scope: ProxyScope): readonly Site[] {
  const back: Partial<Record<RuleLayer, Site>> = {
    content: "backend tcp-request content rule",
    response: "backend tcp-response content rule",
    "http-request": "backend http-request header rule",
    "http-response": "backend http-response header rule",
    "http-after-response": "backend http-response header rule",
  };
  const behind = back[layer];
  const isDefaults = scope.kind === "defaults";
  const sites: Site[] = [];
  if ((hasFrontend(scope) && layer !== "response") || isDefaults) sites.push(frontSites[layer]);
  if (behind !== undefined && (hasBackend(scope) || isDefaults)) sites.push(behind);
  // Messages name the first: of an answer's rules the backend's.
  return layer === "http-response" || layer === "http-after-response" ? sites.toReversed() : sites;
}

function readRule(
  line: string,
  layer: RuleLayer,
  statement: Statement,
  scope: ProxyScope,
  captures: CapturePlan[] | null,
): Rule {
  const cursor: Cursor = { statement, index: 2 };
  const written = textAt(cursor);
  const sites = ruleSites(layer, scope);
  const action = takeAction(cursor, { line, layer, scope, sites, captures });
  const label = proxyLabel(scope);
  const next = peek(cursor);
  if (next !== null && next.text !== "" && next.text !== "if" && next.text !== "unless") {
    const text = `'${line} ${written}' only accepts 'if' or 'unless', in ${label} (got '${next.text}')`;
    const near = nearest(next.text, ["if", "unless"]);
    throw new Complaint(text, next, near === null ? null : `Did you mean '${near}'?`);
  }
  const prefix = `'${line} ${written}' : error detected in ${label} while parsing '${next?.text ?? ""}' condition : `;
  const condition = prefixed(prefix, () => parseCondition(cursor, scope, sites, line));
  return { position: { file: statement.file, line: statement.line }, action, condition };
}

/**
 * Reads an `http-request`, `http-response` or `http-after-response` line. `captures`: the frontend's slots for what is captured of
 * requests, to which a rule may add one; null where there is no frontend. Throws a Complaint.
 */
export function parseHttpRule(statement: Statement, scope: ProxyScope, captures: CapturePlan[] | null): Rule {
  return readingLine(scope, () => readHttpRule(statement, scope, captures));
}

/** Reads a `redirect` line: what it says is not a log-format string. Throws a Complaint. */
export function parseRedirectRule(statement: Statement, scope: ProxyScope): Rule {
  const layer = "http-request";
  const line: ActionLine = { line: "redirect", layer, scope, sites: ruleSites(layer, scope), captures: null };
  const cursor: Cursor = { statement, index: 1 };
  return readingLine(scope, () =>
    sentence(`error detected in ${proxyLabel(scope)} while parsing redirect rule : `, () => {
      const action: Action = { kind: "redirect", ...takeRedirect(cursor, line, false) };
      return ruleOf(statement, action, takeRedirectCondition(cursor, line));
    }),
  );
}

function ruleOf({ file, line }: Statement, action: Action, condition: Condition | null): Rule {
  return { position: { file, line }, action, condition };
}

function readHttpRule(statement: Statement, scope: ProxyScope, captures: CapturePlan[] | null): Rule {
  // The row of the line's keyword has found it.
  const layer = statement.words[0]?.text as HttpLayer;
  const written = `${layer} ${statement.words[1]?.text ?? ""}`;
  const line: ActionLine = { line: layer, layer, scope, sites: ruleSites(layer, scope), captures };
  const cursor: Cursor = { statement, index: 1 };
  const start = `error detected in ${proxyLabel(scope)} while parsing '${written}' rule : `;
  const action = sentence(start, () => takeAction(cursor, line));
  if (action.kind === "redirect") {
    return ruleOf(
      statement,
      action,
      sentence(start, () => takeRedirectCondition(cursor, line)),
    );
  }
  const next = peek(cursor);
  if (next !== null && !["", "if", "unless"].includes(next.text)) {
    const text = `'${written}' expects either 'if' or 'unless' followed by a condition but found '${next.text}'.`;
    throw new Complaint(text, next, null, shortPlace);
  }
  const condition = sentence(`error detected while parsing an '${written}' condition : `, () =>
    parseCondition(cursor, scope, line.sites, null),
  );
  return ruleOf(statement, action, condition);
}

function takeRedirectCondition(cursor: Cursor, { scope, sites }: ActionLine): Condition | null {
  return prefixed("error in condition: ", () => parseCondition(cursor, scope, sites, null));
}
