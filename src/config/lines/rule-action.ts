/** The actions of `tcp-request` and `tcp-response` rules, one row each. */
import type { Action } from "../../plan/rule.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import { isSetVarCondition } from "../expressions/argument-checks.ts";
import { Complaint } from "../text/complaint.ts";
import { parseFormat } from "../expressions/log-format.ts";
import { counterReaders, takeTracking } from "./rule-counter.ts";
import { takeValue, type ActionLine, type ActionReader, type RuleLayer } from "./rule-value.ts";
import { peek, scopeLabel, textAt, type Cursor } from "../draft/section-scope.ts";
import type { Word } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";
import { variableComplaint } from "../expressions/variable-name.ts";

/** Takes an action and its arguments; the cursor stands on its word. Throws a Complaint. */
export function takeAction(cursor: Cursor, line: ActionLine): Action {
  const word = peek(cursor);
  const written = word?.text ?? "";
  const name = /^[^(]*/.exec(written)?.[0] ?? "";
  if (word !== null && refusedActions.has(name)) throw refused(name, word, line);
  const isTracking = name.startsWith("track-sc") && line.layer !== "response";
  const reader = isTracking ? trackReader : findReader(name);
  if (word === null || reader === undefined || !isExpected(reader, line.layer)) throw unknownAction(word, line);
  cursor.index += 1;
  return reader.read(cursor, line, word);
}

function isExpected(reader: ActionReader, layer: RuleLayer): boolean {
  return reader.layers.includes(layer);
}

/** HAProxy takes anything that begins with these and says itself what is missing. */
function findReader(name: string): ActionReader | undefined {
  const exact = actionReaders.get(name);
  if (exact !== undefined) return exact;
  const prefix = ["sc-inc-gpc0", "sc-inc-gpc1", "sc-set-gpt0", "set-var-fmt", "set-var", "unset-var"];
  const family = prefix.find((one) => name.startsWith(one));
  return family === undefined ? undefined : actionReaders.get(family);
}

const all: readonly RuleLayer[] = ["connection", "session", "content", "response"];
const requests: readonly RuleLayer[] = ["connection", "session", "content"];
const streams: readonly RuleLayer[] = ["content", "response"];

const trackReader: ActionReader = { layers: requests, read: takeTracking };

function plain(kind: "accept" | "reject" | "silent-drop" | "close" | "do-log", layers = all): ActionReader {
  return { layers, read: () => ({ kind }) };
}

/** `set-src EXPR` and the like. */
function withExpression(
  kind: "set-src" | "set-src-port" | "set-dst" | "set-dst-port" | "set-priority-class" | "set-priority-offset",
  layers: readonly RuleLayer[],
): ActionReader {
  return { layers, read: (cursor, line) => ({ kind, value: takeValue(cursor, line, null) }) };
}

/** `set-mark`, `set-tos`: a number, decimal, octal or hexadecimal. */
function withNumber(kind: "set-mark" | "set-tos", mask: number): ActionReader {
  return {
    layers: all,
    read: (cursor) => {
      const word = peek(cursor);
      const text = word?.text ?? "";
      if (text === "") throw new Complaint("expects exactly 1 argument (integer/hex value)", word);
      const digits = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)?.[0] ?? "";
      const rest = text.slice(digits.length);
      if (rest !== "")
        throw new Complaint(`invalid character starting at '${rest}' (integer/hex value expected)`, word);
      cursor.index += 1;
      const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
      return { kind, value: Math.min(value, 0xffffffff) % (mask + 1) };
    },
  };
}

const logLevels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

const setLogLevel: ActionReader = {
  layers: streams,
  read: (cursor) => {
    const word = peek(cursor);
    const level = word?.text ?? "";
    if (level !== "silent" && !logLevels.includes(level)) {
      throw new Complaint("expects exactly 1 argument (log level name or 'silent')", word);
    }
    cursor.index += 1;
    return { kind: "set-log-level", level: level === "silent" ? null : logLevels.indexOf(level) };
  },
};

/** `expect-proxy layer4` and `expect-netscaler-cip layer4`. */
function expectHeader(kind: "expect-proxy" | "expect-netscaler-cip"): ActionReader {
  return {
    layers: requests,
    read: (cursor, line) => {
      const layer = textAt(cursor);
      const label = scopeLabel(line.scope);
      if (layer !== "layer4") {
        throw new Complaint(`'${line.line} ${kind}' only supports 'layer4' in ${label} (got '${layer}')`, peek(cursor));
      }
      if (line.layer !== "connection") {
        throw new Complaint(`'${kind} layer4' is not allowed in '${line.line}' rules in ${label}`, peek(cursor));
      }
      if (kind === "expect-netscaler-cip") throw new Complaint(`'${kind}' is not supported in ${label}`, peek(cursor));
      cursor.index += 1;
      return { kind };
    },
  };
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

const setVar: ActionReader = {
  layers: all,
  read: (cursor, line, written) => {
    const { name, conditions } = takeVariable(written);
    const value = takeValue(cursor, line, `${line.line} expression`, written.text);
    return { kind: "set-var", name, value, conditions };
  },
};

const setVarFormat: ActionReader = {
  layers: all,
  read: (cursor, line, written) => {
    const { name, conditions } = takeVariable(written);
    const value: LogFormat = parseFormat(cursor, line.scope, line.sites, `${line.line} expression`);
    return { kind: "set-var", name, value, conditions };
  },
};

const unsetVar: ActionReader = {
  layers: all,
  read: (_cursor, _line, written) => ({ kind: "unset-var", name: takeVariable(written).name }),
};

/** Every action that works, by the name before its parenthesis. */
export const actionReaders: ReadonlyMap<string, ActionReader> = new Map<string, ActionReader>([
  ["accept", plain("accept")],
  ["reject", plain("reject")],
  ["close", plain("close", ["response"])],
  ["silent-drop", plain("silent-drop")],
  ["do-log", plain("do-log")],
  ["expect-proxy", expectHeader("expect-proxy")],
  ["expect-netscaler-cip", expectHeader("expect-netscaler-cip")],
  ...counterReaders,
  ["set-var", setVar],
  ["set-var-fmt", setVarFormat],
  ["unset-var", unsetVar],
  ["set-src", withExpression("set-src", requests)],
  ["set-src-port", withExpression("set-src-port", requests)],
  ["set-dst", withExpression("set-dst", requests)],
  ["set-dst-port", withExpression("set-dst-port", requests)],
  ["set-mark", withNumber("set-mark", 0xffffffff)],
  ["set-tos", withNumber("set-tos", 0xff)],
  ["set-log-level", setLogLevel],
  ["set-priority-class", withExpression("set-priority-class", ["content"])],
  ["set-priority-offset", withExpression("set-priority-offset", ["content"])],
]);

/** Actions that HAProxy knows (some only later than 2.6) and this program refuses. */
const refusedActions = new Map<string, readonly RuleLayer[]>([
  ["capture", requests],
  ["do-resolve", ["content"]],
  ["ot-group", streams],
  ["send-spoe-group", streams],
  ["set-bandwidth-limit", streams],
  ["set-fc-mark", requests],
  ["set-fc-tos", requests],
  ["set-bc-mark", ["content"]],
  ["set-bc-tos", ["content"]],
  ["set-nice", streams],
  ["switch-mode", ["content"]],
  ["use-service", ["content"]],
  ["attach-srv", ["session"]],
]);

function refused(name: string, word: Word, line: ActionLine): Complaint {
  if (!(refusedActions.get(name) ?? []).includes(line.layer)) return unknownAction(word, line);
  return new Complaint(`'${line.line} ${name}' is not supported in ${scopeLabel(line.scope)}`, word);
}

const early =
  "accept reject capture expect-proxy expect-netscaler-cip track sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) " +
  "sc-set-gpt0(*) set-var-fmt(*) set-var(*) unset-var(*) set-dst set-dst-port set-mark set-src set-src-port set-tos silent-drop";

/** The actions that HAProxy 2.6 lists when it meets another, in its order. */
const expectedActions: Readonly<Record<RuleLayer, string>> = {
  connection: early,
  session: early,
  content:
    "accept reject capture expect-proxy expect-netscaler-cip track ot-group set-log-level set-nice switch-mode use-service " +
    "sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) sc-set-gpt0(*) send-spoe-group do-resolve(*) set-var-fmt(*) " +
    "set-var(*) unset-var(*) set-src set-src-port set-dst set-dst-port set-mark set-tos silent-drop set-priority-class " +
    "set-priority-offset",
  response:
    "accept close reject ot-group set-log-level set-nice sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) " +
    "sc-set-gpt0(*) send-spoe-group set-var-fmt(*) set-var(*) unset-var(*) set-mark set-tos silent-drop",
};

function unknownAction(word: Word | null, line: ActionLine): Complaint {
  const names = expectedActions[line.layer].split(" ");
  const list = names
    .map((name) => (name === "track" ? `'track-sc0' ... 'track-sc${line.scope.stickCounters - 1}'` : `'${name}'`))
    .join(", ");
  const written = word?.text ?? "";
  const text = `'${line.line}' expects ${list} in ${scopeLabel(line.scope)} (got '${written}').`;
  const near = nearest(
    written,
    names.map((name) => name.replace("(*)", "")),
  );
  return new Complaint(near === null ? text : `${text} Did you mean '${near}' maybe ?`, word);
}
