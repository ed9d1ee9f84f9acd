/** What actions of rules take, by its form: words to what the plan has of it. */
import { proxyLabel } from "../../text/section-headers.ts";
import type { SampleExpression } from "../../../plan/rules/sample.ts";
import type { ActionArguments, ActionWord } from "../../../rules/actions/row.ts";
import { isSetVarCondition } from "../../../rules/samples/set-variable.ts";
import { variableComplaint } from "../../../rules/samples/variable-name.ts";
import { peek, textAt, type Cursor } from "../../text/cursor.ts";
import { parseExpression, requireAvailable } from "../../expressions/expression.ts";
import { parseFormat } from "../../expressions/log-format.ts";
import { Complaint, prefixed } from "../../text/complaint.ts";
import type { Word } from "../../text/statement.ts";
import { type ActionLine, isHttp } from "./action-line.ts";
import { httpArguments } from "./rule-http.ts";
import { takeLastWord } from "./rule-ssh.ts";
import { takeResolution } from "./rule-resolve.ts";

/** The cursor stands behind the action's own word, which is `written`. */
type Reader<Form extends keyof ActionArguments> = (
  cursor: Cursor,
  line: ActionLine,
  written: Word,
  word: ActionWord,
) => ActionArguments[Form];

/** How each form is read. They throw a Complaint. */
export const actionArguments: { readonly [Form in keyof ActionArguments]: Reader<Form> } = {
  nothing: () => ({}),
  expression: (cursor, line) => ({ value: takeValue(cursor, line, null) }),
  number: (cursor, _line, _written, word) => ({ value: takeInteger(cursor, word.most ?? 0xffffffff) }),
  "log level": (cursor) => ({ level: takeLogLevel(cursor) }),
  layer4: (cursor, line, written) => takeLayer4(cursor, line, written.text),
  "idle number": takeNice,
  mode: takeMode,
  variable: (_cursor, _line, written) => ({ name: takeVariable(written).name }),
  assignment(cursor, line, written) {
    const { name, conditions } = takeVariable(written);
    return { name, conditions, value: takeValue(cursor, line, `${line.line} expression`, written.text) };
  },
  "formatted assignment"(cursor, line, written) {
    const { name, conditions } = takeVariable(written);
    return { name, conditions, value: parseFormat(cursor, line.scope, line.sites, `${line.line} expression`) };
  },
  resolution: takeResolution,
  counter: (_cursor, line, written, word) => takeCounter(word, line, written),
  "counter and number"(cursor, line, written, word) {
    const counter = takeCounter(word, line, written);
    return { ...counter, value: takeNumber(cursor, line) };
  },
  tracking: takeTracking,
  "last word": takeLastWord,
  ...httpArguments,
};

/** Decimal, octal or hexadecimal. */
function takeInteger(cursor: Cursor, most: number): number {
  const word = peek(cursor);
  const text = word?.text ?? "";
  if (text === "") throw new Complaint("expects exactly 1 argument (integer/hex value)", word);
  const digits = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)?.[0] ?? "";
  const rest = text.slice(digits.length);
  if (rest !== "") throw new Complaint(`invalid character starting at '${rest}' (integer/hex value expected)`, word);
  cursor.index += 1;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return Math.min(value, 0xffffffff) % (most + 1);
}

function notSwitched(text: string, word: Word | null): Complaint {
  return new Complaint(`'tcp-request switch-mode'${text}`, word);
}

/** `http [proto VERSION]`, for clients that a frontend in `mode tcp` has taken. */
function takeMode(cursor: Cursor, { scope }: ActionLine): object {
  const mode = peek(cursor);
  if (scope.kind === "backend") {
    throw notSwitched(` not allowed because ${proxyLabel(scope)} has no frontend capability`, mode);
  }
  if (mode === null || mode.text === "") throw notSwitched(" expects a mode as argument.", mode);
  if (mode.text !== "http") throw notSwitched(` expects a valid mode (got '${mode.text}').`, mode);
  cursor.index += 1;
  if (textAt(cursor) !== "proto") return {};
  const version = cursor.statement.words[cursor.index + 1] ?? null;
  if (version === null || version.text === "")
    throw notSwitched(": 'proto' expects a protocol as argument.", peek(cursor));
  if (!["h1", "h2", "fcgi"].includes(version.text)) {
    throw notSwitched(`: 'proto' expects a valid MUX protocol, if specified (got '${version.text}')`, version);
  }
  if (version.text !== "h1") {
    throw new Complaint(`'proto ${version.text}' is not supported`, version, "HTTP/1.1 is what is spoken: remove it");
  }
  cursor.index += 2;
  return {};
}

/** As in HAProxy any word is a number. */
function takeNice(cursor: Cursor, { line, scope }: ActionLine, written: Word): object {
  const word = peek(cursor);
  if (word === null || word.text === "") throw new Complaint("expects exactly 1 argument (integer value)", word);
  cursor.index += 1;
  const reason = "sessions share one event loop, and take turns as the kernel has something for them";
  const { file, line: number } = cursor.statement;
  scope.global.withoutEffect.push({ keyword: `${line} ${written.text}`, reason, position: { file, line: number } });
  return {};
}

const logLevels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

function takeLogLevel(cursor: Cursor): number | null {
  const word = peek(cursor);
  const level = word?.text ?? "";
  if (level !== "silent" && !logLevels.includes(level)) {
    throw new Complaint("expects exactly 1 argument (log level name or 'silent')", word);
  }
  cursor.index += 1;
  return level === "silent" ? null : logLevels.indexOf(level);
}

/** `layer4`, which some actions ask for and which makes sense where nothing has been read yet. */
export function takeLayer4(cursor: Cursor, line: ActionLine, action: string): object {
  const layer = textAt(cursor);
  const label = proxyLabel(line.scope);
  if (layer !== "layer4") {
    throw new Complaint(`'${line.line} ${action}' only supports 'layer4' in ${label} (got '${layer}')`, peek(cursor));
  }
  if (line.layer !== "connection") {
    throw new Complaint(`'${action} layer4' is not allowed in '${line.line}' rules in ${label}`, peek(cursor));
  }
  cursor.index += 1;
  return {};
}

/** The name and conditions in `set-var(name,cond,…)`, as the three variable actions write it. */
function takeVariable(written: Word): { name: string; conditions: string[] } {
  const forms = "Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or 'unset-var(<var-name>)'";
  const text = written.text;
  const open = text.indexOf("(");
  if (open === -1 || !["set-var", "set-var-fmt", "unset-var"].includes(text.slice(0, open))) {
    throw new Complaint(`invalid or incomplete action '${text}'. ${forms}`, written);
  }
  if (!text.endsWith(")")) throw new Complaint(`incomplete argument after action '${text}'. ${forms}`, written);
  const [name = "", ...conditions] = text.slice(open + 1, -1).split(",");
  const wrong = variableComplaint(name);
  if (wrong !== null) throw new Complaint(wrong, written);
  if (conditions.length > 0 && text.startsWith("unset-var")) {
    const only = 'Only "set-var" and "set-var-fmt" manage conditions';
    throw new Complaint(`unset-var does not expect parameters after the variable name. ${only}`, written);
  }
  const unknown = conditions.find((one) => !isSetVarCondition(one));
  if (unknown !== undefined) throw new Complaint(`unknown condition "${unknown}"`, written);
  return { name, conditions: conditions.filter((one) => one !== "") };
}

/** An expression that must be available where the rule runs; `called` is HAProxy's name for it in messages. */
function takeValue(cursor: Cursor, line: ActionLine, where: string | null, called?: string): SampleExpression {
  const word = peek(cursor);
  const expression = parseExpression(cursor, line.scope, { site: null, where });
  try {
    requireAvailable(expression, line.sites, called ?? word?.text ?? expression.fetch);
  } catch (error) {
    throw error instanceof Complaint ? new Complaint(error.message, word, error.advice) : error;
  }
  return expression;
}

/** `track-scN KEY [table T]`. */
function takeTracking(cursor: Cursor, line: ActionLine, written: Word): ActionArguments["tracking"] {
  return prefixed(isHttp(line) ? "" : `'${line.line} ${written.text}' : `, () => {
    const number = written.text.slice("track-sc".length);
    if (!/^[0-9]*$/.test(number)) throw new Complaint(`Wrong track-sc number '${number}'`, written);
    const slot = Number(number);
    const maxSlot = line.scope.stickCounters - 1;
    if (slot > maxSlot) {
      throw new Complaint(`${slot} track-sc number exceeding ${maxSlot} (MAX_SESS_STKCTR-1) value`, written);
    }
    const key = takeValue(cursor, line, "tracking rule");
    const table = takeTable(cursor, line, written.text);
    return { slot, key, table };
  });
}

/** `table NAME`, noted as a reference either way; null when left out: the proxy's own. */
function takeTable(cursor: Cursor, line: ActionLine, rule: string): string | null {
  const { scope } = line;
  const { statement } = cursor;
  const isGiven = textAt(cursor) === "table";
  const word = isGiven ? (statement.words[cursor.index + 1] ?? peek(cursor)) : (statement.words[2] ?? null);
  const name = isGiven ? textAt(cursor, 1) : null;
  if (name === "" && isHttp(line)) throw new Complaint("missing table name", word);
  cursor.index += isGiven ? 2 : 0;
  scope.references.push({
    kind: "table",
    name,
    proxy: scope.name,
    argument: 0,
    by: rule,
    rule,
    position: { file: statement.file, line: statement.line },
    statement,
    word,
  });
  return name;
}

/** What stands in the parentheses of `sc-inc-gpc(INDEX,SLOT)`, or, where the word says the index, of `sc-inc-gpc0(SLOT)`. */
function takeCounter(
  { counter = "gpc", index }: ActionWord,
  line: ActionLine,
  written: Word,
): ActionArguments["counter"] {
  if (index === undefined) return takeIndexed(written, counter, line);
  return { index, slot: takeSlot(written, counter === "gpt", line) };
}

/** What stands in the parentheses of `sc-inc-gpc(INDEX,SLOT)`; `what` is `gpc` or `gpt`. */
function takeIndexed(written: Word, what: "gpc" | "gpt", { scope }: ActionLine): ActionArguments["counter"] {
  const maxSlot = scope.stickCounters - 1;
  const name = written.text.split("(", 1)[0] ?? "";
  const expects = `Expects ${name}(<${what.toUpperCase()} ID>,<Track ID>)`;
  const inside = /^[^(]*\((.*)$/.exec(written.text)?.[1];
  if (inside === undefined) throw new Complaint(`invalid ${what} ID '${written.text}'. ${expects}`, written);
  const parts = /^([0-9]*),(.*)$/.exec(inside);
  if (parts === null) throw new Complaint(`Missing ${what} ID '${written.text}'. ${expects}`, written);
  const [, index = "", rest = ""] = parts;
  const slot = /^([0-9]*)\)$/.exec(rest)?.[1];
  const start = `invalid stick table track ID '${written.text}'.`;
  if (slot === undefined) throw new Complaint(`${start} ${expects}`, written);
  if (Number(slot) > maxSlot) throw new Complaint(`${start} The max allowed ID is ${maxSlot}`, written);
  if (Number(index) > 99)
    throw new Complaint(`invalid ${what} ID '${written.text}'. The max allowed ID is 99`, written);
  return { index: Number(index), slot: Number(slot) };
}

/** What stands in the parentheses of `sc-inc-gpc0(SLOT)`; nothing at all is slot 0. */
function takeSlot(written: Word, isShown: boolean, { scope }: ActionLine): number {
  const maxSlot = scope.stickCounters - 1;
  const name = isShown ? (written.text.split("(", 1)[0] ?? "") : written.text;
  const start = isShown ? `invalid stick table track ID '${written.text}'.` : "invalid stick table track ID.";
  const parts = /^[a-z-]+[01](?:\(([0-9]*)\))?$/.exec(written.text);
  if (parts === null) throw new Complaint(`${start} Expects ${name}(<Track ID>)`, written);
  const slot = Number(parts[1] ?? "");
  if (slot > maxSlot) throw new Complaint(`${start} The max allowed ID is ${maxSlot}`, written);
  return slot;
}

/** A number, or an expression that gives one. Nothing at all is 0, as in HAProxy. */
function takeNumber(cursor: Cursor, line: ActionLine): number | SampleExpression {
  const word = peek(cursor);
  const text = word?.text ?? "";
  if (/^[0-9]*$/.test(text)) {
    if (word !== null) cursor.index += 1;
    return Number(text);
  }
  return takeValue(cursor, line, null);
}
