/** What actions of HTTP rules take, by its form: words to what the plan has of it. */
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { SampleExpression } from "../../../plan/rules/sample.ts";
import type { UriNormalizer } from "../../../plan/rules/rule.ts";
import type { RegexUse } from "../../../regex/compile.ts";
import type { ActionArguments, ActionWord } from "../../../rules/actions/row.ts";
import { hasBackend } from "../../draft/proxy-scope.ts";
import { parseExpression, requireAvailable } from "../../expressions/expression.ts";
import { parseFormat } from "../../expressions/log-format.ts";
import { noteBacktracking, regexComplaint } from "../../expressions/regex-notices.ts";
import { readSize, readTime } from "../../row/value.ts";
import { complain, Complaint, prefixed, WholeComplaint } from "../../text/complaint.ts";
import { type Cursor, peek, textAt } from "../../text/cursor.ts";
import type { Word } from "../../text/statement.ts";
import { isFraming } from "../../../rules/actions/http/framing-fields.ts";
import type { ActionLine } from "./action-line.ts";
import { takeRedirect } from "./rule-redirect.ts";
import { takeRefusal, takeReply, type ReplyLine } from "./rule-reply.ts";

type HttpForm =
  | "reply"
  | "redirection"
  | "realm"
  | "field"
  | "field name"
  | "field replacement"
  | "replacement"
  | "format"
  | "status"
  | "normalizer"
  | "capture slot"
  | "time-out"
  | "body wait"
  | "service"
  | "switch"
  | "list key"
  | "list entry";

type Reader<Form extends HttpForm> = (
  cursor: Cursor,
  line: ActionLine,
  written: Word,
  word: ActionWord,
) => ActionArguments[Form];

/** How each form is read; the cursor stands behind the action's own word. They throw a Complaint without prefix and full stop. */
export const httpArguments: { readonly [Form in HttpForm]: Reader<Form> } = {
  reply: (cursor, line, written) => ({ reply: takeReplyOf(written.text, cursor, line) }),
  redirection: (cursor, line) => takeRedirect(cursor, line, true),
  realm: (cursor) => ({ realm: takeRealm(cursor) }),
  field(cursor, line) {
    needWords(cursor, 2, "expects exactly 2 arguments");
    return { name: takeName(cursor, line), value: takeFormat(cursor, line) };
  },
  "field name": takeFieldName,
  "field replacement"(cursor, line) {
    needWords(cursor, 3, "expects exactly 3 arguments");
    return { name: takeName(cursor, line), regex: takeRegex(cursor, line, ""), value: takeFormat(cursor, line) };
  },
  replacement(cursor, line) {
    needOnly(cursor, 2, "expects exactly 2 arguments <match-regex> and <replace-format>");
    return { regex: takeRegex(cursor, line, "failed to parse the regex : "), value: takeFormat(cursor, line) };
  },
  format(cursor, line) {
    needOnly(cursor, 1, "expects exactly 1 argument <format>");
    return { value: takeFormat(cursor, line) };
  },
  status: takeStatus,
  normalizer: takeNormalizer,
  "capture slot": takeCapture,
  "time-out": takeTimeout,
  "body wait": takeBodyWait,
  service: takeService,
  switch: takeSwitch,
  "list key": (cursor, line, written) => {
    needWords(cursor, 1, "expects exactly 1 arguments");
    return { file: fileIn(written.text), key: takeFormat(cursor, line) };
  },
  "list entry": (cursor, line, written) => {
    needWords(cursor, 2, "expects exactly 2 arguments");
    return { file: fileIn(written.text), key: takeFormat(cursor, line), value: takeFormat(cursor, line) };
  },
};

/** Throws where one of so many words is missing. */
function needWords(cursor: Cursor, count: number, complaint: string): void {
  for (let offset = 0; offset < count; offset += 1) {
    if (textAt(cursor, offset) === "") throw new Complaint(complaint, peek(cursor) ?? lastWord(cursor));
  }
}

/** As needWords, and where another one follows that begins no condition. */
function needOnly(cursor: Cursor, count: number, complaint: string): void {
  needWords(cursor, count, complaint);
  if (!["", "if", "unless"].includes(textAt(cursor, count))) throw new Complaint(complaint, peek(cursor));
}

function lastWord({ statement }: Cursor): Word | null {
  return statement.words.at(-1) ?? null;
}

function takeText(cursor: Cursor): string {
  const text = textAt(cursor);
  cursor.index += 1;
  return text;
}

/** What tells where a message ends is not for rules to say: HAProxy lets them, and two programs then read one message in two ways. */
function noteFraming({ statement }: Cursor, { scope }: ActionLine, action: string, word: Word | null): void {
  const reason = "a body is as long as it is, and its head says so";
  complain(scope.diagnostics, "notice", statement, `${action} has no effect: ${reason}.`, word);
  const position = { file: statement.file, line: statement.line };
  scope.global.withoutEffect.push({ keyword: action.slice(1, -1), reason, position });
}

/** A field's name: lower case is how messages have it. */
function takeName(cursor: Cursor, line: ActionLine): string {
  const word = peek(cursor);
  const name = takeText(cursor).toLowerCase();
  const action = `'${line.line} ${cursor.statement.words[1]?.text ?? ""} ${name}'`;
  if (isFraming(name)) noteFraming(cursor, line, action, word);
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
    const allowed = "letters, digits and !#$%&'*+-.^_`|~";
    throw new WholeComplaint(`${action} is not supported: names of fields have ${allowed}`, word, "correct the name");
  }
  return name;
}

function takeFormat(cursor: Cursor, line: ActionLine): LogFormat {
  return parseFormat(cursor, line.scope, line.sites, `${line.line} rule`, true);
}

function takeRegex(cursor: Cursor, line: ActionLine, prefix: string, use: RegexUse = { hasGroups: true }): string {
  const word = peek(cursor);
  const regex = takeText(cursor);
  const wrong = regexComplaint(regex, use);
  if (wrong !== null) throw new Complaint(prefix + wrong, word);
  noteBacktracking([regex], use, line.scope.diagnostics, cursor.statement, word);
  return regex;
}

const refusals = new Set(["deny", "tarpit"]);

function takeReplyOf(action: string, cursor: Cursor, line: ActionLine): ActionArguments["reply"]["reply"] {
  const { scope, sites, layer } = line;
  const status = action === "return" ? 200 : action === "tarpit" ? 500 : layer === "http-request" ? 403 : 502;
  const reply: ReplyLine = { scope, sites, where: `${line.line} rule`, status };
  return refusals.has(action) ? takeRefusal(cursor, reply) : takeReply(cursor, reply);
}

function takeRealm(cursor: Cursor): string | null {
  if (textAt(cursor) !== "realm") return null;
  cursor.index += 1;
  if (textAt(cursor) === "") throw new Complaint("missing realm value", lastWord(cursor));
  return takeText(cursor);
}

const nameMatches = ["str", "beg", "end", "sub", "reg"] as const;

function takeFieldName(cursor: Cursor, line: ActionLine): ActionArguments["field name"] {
  needWords(cursor, 1, "expects at least 1 argument");
  const at = cursor.index;
  if (textAt(cursor, 1) !== "-m") return { name: takeName(cursor, line), match: "str" };
  const name = takeText(cursor).toLowerCase();
  cursor.index += 1;
  needWords(cursor, 1, "-m flag expects exactly 1 argument");
  const word = peek(cursor);
  const method = takeText(cursor);
  const match = nameMatches.find((one) => one === method);
  if (match === undefined) throw new Complaint(`-m with unsupported matching method '${method}'`, word);
  if (match !== "reg") return { name, match };
  return { name: takeRegex({ ...cursor, index: at }, line, "", {}), match };
}

function takeStatus(cursor: Cursor): ActionArguments["status"] {
  needWords(cursor, 1, "expects 1 argument: <status>; or 3 arguments: <status> reason <fmt>");
  const word = peek(cursor);
  const text = takeText(cursor);
  if (/^1[0-9][0-9]$/.test(text)) {
    const reason = "a client would wait for another answer";
    throw new WholeComplaint(`'set-status ${text}' is not supported: ${reason}`, word, "say 200 or more");
  }
  if (!/^[0-9]+$/.test(text) || Number(text) < 100 || Number(text) > 999) {
    throw new Complaint("expects an integer status code between 100 and 999", word);
  }
  if (textAt(cursor) !== "reason" || textAt(cursor, 1) === "") return { status: Number(text), reason: null };
  cursor.index += 1;
  return { status: Number(text), reason: takeText(cursor) };
}

const normalizers: ReadonlyMap<string, string | null> = new Map([
  ["fragment-encode", null],
  ["fragment-strip", null],
  ["path-merge-slashes", null],
  ["path-strip-dot", null],
  ["path-strip-dotdot", "full"],
  ["percent-decode-unreserved", "strict"],
  ["percent-to-uppercase", "strict"],
  ["query-sort-by-name", null],
]);

function takeNormalizer(cursor: Cursor, { scope }: ActionLine, written: Word): ActionArguments["normalizer"] {
  if (!scope.global.isExperimental) {
    const reason = "is experimental, must be allowed via a global 'expose-experimental-directives'";
    throw new WholeComplaint(`'${written.text}' action ${reason}`, written);
  }
  needWords(cursor, 1, "missing argument <normalizer>");
  const word = peek(cursor);
  const name = takeText(cursor);
  const option = normalizers.get(name);
  if (option === undefined) throw new Complaint(`unknown normalizer '${name}'`, word);
  const next = textAt(cursor);
  // The map has the names of the type.
  if (option === null || ["", "if", "unless"].includes(next)) return { normalizer: name as UriNormalizer };
  if (next !== option) throw new Complaint(`unknown argument '${next}' for '${name}' normalizer`, peek(cursor));
  cursor.index += 1;
  return { normalizer: `${name} ${option}` as UriNormalizer };
}

/** How many words there are before the condition. */
function wordsAhead(cursor: Cursor): number {
  const rest = cursor.statement.words.slice(cursor.index).map(({ text }) => text);
  const end = rest.findIndex((text) => ["", "if", "unless"].includes(text));
  return end < 0 ? rest.length : end;
}

function takeSample(cursor: Cursor, line: ActionLine): SampleExpression {
  const word = peek(cursor);
  const expression = parseExpression(cursor, line.scope, { site: null, where: `${line.line} capture` });
  try {
    requireAvailable(expression, line.sites, cursor.statement.words[cursor.index - 1]?.text ?? expression.fetch);
  } catch (error) {
    throw error instanceof Complaint ? new Complaint(error.message, word) : error;
  }
  return expression;
}

function takeCapture(cursor: Cursor, line: ActionLine): ActionArguments["capture slot"] {
  const { layer } = line;
  if (layer === "content") return takeEarlyCapture(cursor, line);
  const from = layer === "http-response" || layer === "http-after-response" ? "response" : "request";
  const usage =
    from === "request" ? "expects <expression> [ 'len' <length> | id <idx> ]" : "expects <expression> id <idx>";
  if (wordsAhead(cursor) < 3) throw new Complaint(usage, peek(cursor) ?? lastWord(cursor));
  const value = takeSample(cursor, line);
  const word = peek(cursor);
  const how = takeText(cursor);
  const number = peek(cursor);
  const text = takeText(cursor);
  if (how === "id") {
    if (!/^[0-9]+$/.test(text)) throw new Complaint(`cannot parse id '${text}'`, number);
    return { from, value, slot: Number(text), length: null };
  }
  if (from === "response") throw new Complaint(`expects 'id', found '${how}'`, word);
  if (how !== "len") throw new Complaint(`expects 'len' or 'id', found '${how}'`, word);
  return { from, value, ...newSlot(line, text, number) };
}

/** Another slot of the frontend's. */
function newSlot(
  { scope, captures }: ActionLine,
  text: string,
  word: Word | null,
): Pick<ActionArguments["capture slot"], "slot" | "length"> {
  if (captures === null) throw new Complaint(`proxy '${scope.name}' has no frontend capability`, word);
  const length = Number.parseInt(text, 10) || 0;
  if (length <= 0) throw new Complaint("length must be > 0", word);
  return { slot: captures.push({ field: null, length }) - 1, length };
}

/** Of `tcp-request content`, which knows `len` alone. */
function takeEarlyCapture(cursor: Cursor, line: ActionLine): ActionArguments["capture slot"] {
  return prefixed(`'${line.line} capture' : `, () => {
    const value = takeSample(cursor, line);
    if (textAt(cursor) !== "len") throw new Complaint("a positive 'len' argument is mandatory", peek(cursor));
    const word = cursor.statement.words[cursor.index + 1] ?? peek(cursor);
    const slot = newSlot(line, textAt(cursor, 1), word);
    cursor.index += 2;
    return { from: "request", value, ...slot };
  });
}

function takeTimeout(cursor: Cursor, line: ActionLine): ActionArguments["time-out"] {
  const { scope } = line;
  needWords(cursor, 2, "expects exactly 2 arguments");
  if (!hasBackend(scope) && scope.kind !== "defaults") {
    throw new Complaint(`proxy '${scope.name}' has no backend capability`, peek(cursor));
  }
  const word = peek(cursor);
  const which = takeText(cursor);
  if (which !== "server" && which !== "tunnel") {
    throw new Complaint(`'set-timeout' rule supports 'server'/'tunnel' (got '${which}')`, word);
  }
  const rule = `set-timeout ${which}`;
  const time = peek(cursor);
  if (!/^[0-9]/.test(time?.text ?? "")) {
    return { which, value: parseExpression(cursor, scope, { site: null, where: `${line.line} rule` }) };
  }
  const value = readTime(takeText(cursor));
  if (typeof value !== "number") {
    const text =
      value.kind === "character"
        ? `unexpected character '${value.character}' in rule '${rule}'`
        : `timer overflow in argument '${time?.text}' to rule '${rule}' (maximum value is 2147483647 ms or ~24.8 days)`;
    throw new Complaint(text, time);
  }
  if (value === 0) throw new Complaint(`null value is not valid for a '${rule}' rule`, time);
  return { which, value };
}

function takeBodyWait(cursor: Cursor): ActionArguments["body wait"] {
  let waitMs: number | null = null;
  let atLeast = 0;
  for (let text = textAt(cursor); text === "time" || text === "at-least"; text = textAt(cursor)) {
    const word = cursor.statement.words[cursor.index + 1] ?? null;
    const argument = word?.text ?? "";
    if (argument === "") throw new Complaint(`missing argument for '${text}'`, peek(cursor));
    cursor.index += 2;
    if (text === "time") waitMs = takeWait(argument, word);
    else {
      const bytes = readSize(argument);
      if (bytes === null) throw new Complaint(`unexpected character '${/[^0-9]/.exec(argument)?.[0]}'`, word);
      atLeast = bytes;
    }
  }
  if (waitMs === null)
    throw new Complaint("expects time <time> [ at-least <bytes> ]", peek(cursor) ?? lastWord(cursor));
  return { waitMs, atLeast };
}

function takeWait(argument: string, word: Word | null): number {
  const time = readTime(argument);
  if (typeof time === "number") return time;
  throw new Complaint(
    time.kind === "character"
      ? `unexpected character '${time.character}'`
      : "time overflow (maximum value is 2147483647 ms or ~24.8 days)",
    word,
  );
}

function takeService(cursor: Cursor): ActionArguments["service"] {
  needWords(cursor, 1, "'use-service' expects a service name.");
  const word = peek(cursor);
  const name = takeText(cursor);
  if (name !== "prometheus-exporter") throw new Complaint(`'${name}' unknown service name.`, word);
  return { name };
}

function takeSwitch(cursor: Cursor): ActionArguments["switch"] {
  needWords(cursor, 1, "expects exactly 1 arguments");
  const word = peek(cursor);
  const text = takeText(cursor);
  if (/^(?:on|off)$/i.test(text)) return { isOn: text.toLowerCase() === "on" };
  throw new Complaint(`Unexpected value '${text}'. Only 'on' and 'off' are supported`, word);
}

/** What stands in the parentheses; HAProxy takes off the last character, whatever it is. */
function fileIn(text: string): string {
  const open = text.indexOf("(");
  return open < 0 ? "" : text.slice(open + 1, -1);
}
