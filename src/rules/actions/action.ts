/** What each rule does, compiled from its plan. */
import type { Action } from "../../plan/rule.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import type { SampleExpression } from "../../plan/sample.ts";
import { tableNamed } from "../samples/arguments.ts";
import type { SampleContext } from "../context.ts";
import { compileExpression, type Evaluate, mayChange } from "../expression.ts";
import { isFinal } from "../fetches/payload.ts";
import { compileFormat } from "../format/log-format.ts";
import type { RuleEffects } from "../ruleset.ts";
import { cast, str } from "../value/sample.ts";
import type { StickTable, Tables } from "../stick/table.ts";
import { addToSlot, setInSlot, track } from "../stick/tracking.ts";
import { setVariable } from "../samples/set-variable.ts";

/** How a step through rules ends; see RuleRun. */
export type Verdict = "pass" | "accept" | "reject" | "silent-drop" | "close" | "expect-proxy" | "wait";

/** "pass" goes on with the next rule. */
export type RunAction = (context: SampleContext, effects: RuleEffects) => Verdict;

/** Compiles one action; throws on one that no version of the configuration's reader lets through. */
export function compileAction(action: Action, tables: Tables, proxy: string | null): RunAction {
  switch (action.kind) {
    case "accept":
    case "reject":
    case "silent-drop":
    case "close":
    case "expect-proxy": {
      const verdict = action.kind;
      return () => verdict;
    }
    case "track-sc":
      return compileTrack(
        action.slot,
        lastingKey(action.key, compileExpression(action.key, tables, proxy)),
        tableNamed(action.table, { tables, proxy }),
      );
    case "sc-inc-gpc":
      return always((context) => addToSlot(context.tracked, action.slot, action.index, 1));
    case "sc-add-gpc":
      return withNumber(action.value, tables, proxy, (context, value) =>
        addToSlot(context.tracked, action.slot, action.index, value),
      );
    case "sc-set-gpt":
      return withNumber(action.value, tables, proxy, (context, value) =>
        setInSlot(context.tracked, action.slot, action.index, value),
      );
    case "set-var":
      return compileSetVar(action.name, compileValue(action.value, tables, proxy), action.conditions);
    case "unset-var":
      return always((context) => context.variables.unset(action.name));
    case "set-src":
    case "set-src-port":
    case "set-dst":
    case "set-dst-port":
      return compileSetAddress(action.kind, compileExpression(action.value, tables, proxy));
    case "set-mark":
      return always((_, effects) => effects.setMark(action.value));
    case "set-tos":
      return always((_, effects) => effects.setTos(action.value));
    case "set-priority-class":
      return withNumber(action.value, tables, proxy, (_, value, effects) =>
        effects.setPriority({ class: bounded(value) }),
      );
    case "set-priority-offset":
      return withNumber(action.value, tables, proxy, (_, value, effects) => effects.setPriority({ offset: value }));
    case "set-log-level":
      return always((_, effects) => effects.setLogLevel(action.level));
    case "do-log":
      return always((_, effects) => effects.doLog());
    default:
      throw new Error(`'${action.kind}' cannot run`);
  }
}

function always(effect: (context: SampleContext, effects: RuleEffects) => unknown): RunAction {
  return (context, effects) => {
    effect(context, effects);
    return "pass";
  };
}

function withNumber(
  value: number | SampleExpression,
  tables: Tables,
  proxy: string | null,
  effect: (context: SampleContext, value: number, effects: RuleEffects) => unknown,
): RunAction {
  if (typeof value === "number") return always((context, effects) => effect(context, value, effects));
  const evaluate = compileExpression(value, tables, proxy);
  return always((context, effects) => {
    const sample = evaluate(context);
    const number = sample === undefined || sample === "wait" ? undefined : cast(sample, "sint");
    if (number?.type === "sint") effect(context, Number(number.value), effects);
  });
}

/** HAProxy keeps a priority class in 12 bits, sign included. */
function bounded(value: number): number {
  return Math.max(-2047, Math.min(2047, value));
}

/** A key that may become another one is waited for: only what stays is tracked. */
function lastingKey(key: SampleExpression, evaluate: Evaluate): Evaluate {
  if (!mayChange(key)) return evaluate;
  return (context) => (isFinal(context) ? evaluate(context) : "wait");
}

function compileTrack(
  slot: number,
  evaluate: Evaluate,
  tableFor: (context: SampleContext) => StickTable | undefined,
): RunAction {
  return (context) => {
    if (context.tracked[slot] !== undefined) return "pass";
    const sample = evaluate(context);
    if (sample === "wait") return "wait";
    const table = tableFor(context);
    const key = sample === undefined ? undefined : table?.keyOf(sample);
    if (table !== undefined && key !== undefined) track(context.tracked, slot, table, key);
    return "pass";
  };
}

function compileValue(value: SampleExpression | LogFormat, tables: Tables, proxy: string | null): Evaluate {
  if ("fetch" in value) return compileExpression(value, tables, proxy);
  const write = compileFormat(value, tables, proxy);
  return (context) => str(write(null, context));
}

/** `set-var(name[,condition…])`: conditions on what the variable and the value are (manual, `set-var`). */
export function compileSetVar(name: string, evaluate: Evaluate, conditions: readonly string[]): RunAction {
  return (context) => {
    const sample = evaluate(context);
    if (sample !== undefined && sample !== "wait") setVariable(context, name, sample, conditions);
    return "pass";
  };
}

function compileSetAddress(
  kind: "set-src" | "set-src-port" | "set-dst" | "set-dst-port",
  evaluate: Evaluate,
): RunAction {
  const side = kind.startsWith("set-src") ? "source" : "destination";
  const isPort = kind.endsWith("-port");
  return (context) => {
    const sample = evaluate(context);
    if (sample === undefined || sample === "wait") return "pass";
    const old = context[side];
    if (isPort) {
      const port = cast(sample, "sint");
      if (port?.type !== "sint") return "pass";
      const host = old.kind === "tcp" ? old.host : "0.0.0.0";
      context[side] = { kind: "tcp", host, port: Number(BigInt.asUintN(16, port.value)) };
      return "pass";
    }
    const host = cast(sample, "addr");
    if (host?.type !== "ipv4" && host?.type !== "ipv6") return "pass";
    context[side] = { kind: "tcp", host: host.value, port: old.kind === "tcp" ? old.port : 0 };
    return "pass";
  };
}
