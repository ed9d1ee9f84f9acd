/** Actions on stick tables: what a session tracks, and the general purpose counters of it. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import { isFinal, type SampleContext } from "../context.ts";
import { compileExpression, mayChange } from "../expression.ts";
import { tableNamed } from "../samples/arguments.ts";
import type { Evaluate, CompileContext } from "../samples/rows.ts";
import { addToSlot, countRequest, setInSlot, type Tracked, track } from "../stick/tracking.ts";
import { compileNumber } from "./number.ts";
import { action, type ActionRow, always, earlyLayers, requestLayers, type RunAction } from "./row.ts";

/** A key that may become another one is waited for: only what stays is tracked. */
function lastingKey(key: SampleExpression, { tables, proxy }: CompileContext): Evaluate {
  const evaluate = compileExpression(key, tables, proxy);
  if (!mayChange(key)) return evaluate;
  return (context) => (isFinal(context) ? evaluate(context) : "wait");
}

function compileTrack(slot: number, key: SampleExpression, name: string | null, within: CompileContext): RunAction {
  const evaluate = lastingKey(key, within);
  const tableFor = tableNamed(name, within);
  return (context) => {
    if (context.tracked[slot] !== undefined) return "pass";
    const sample = evaluate(context);
    if (sample === "wait") return "wait";
    const table = tableFor(context);
    const entry = sample === undefined ? undefined : table?.keyOf(sample);
    if (table === undefined || entry === undefined) return "pass";
    track(context.tracked, slot, table, entry);
    // In what was tracked before it came, the exchange has been counted.
    if ((context.http?.request ?? null) !== null) countRequest([context.tracked[slot]]);
    return "pass";
  };
}

interface Target {
  readonly slot: number;
  readonly index: number;
  readonly value: number | SampleExpression;
}

function withNumber(
  { slot, index, value }: Target,
  within: CompileContext,
  effect: (tracked: Tracked, slot: number, index: number, amount: number) => void,
): RunAction {
  const evaluate = compileNumber(value, within);
  return always((context: SampleContext) => {
    const number = evaluate(context);
    if (number !== undefined) effect(context.tracked, slot, index, number);
  });
}

/** The actions of this file. */
export const trackingActions: readonly ActionRow[] = [
  action(
    "track-sc",
    [...requestLayers, "http-response"],
    [{ word: "track-sc", takes: "tracking", isPrefix: true }],
    ({ slot, key, table }, within) => compileTrack(slot, key, table, within),
  ),
  action(
    "sc-inc-gpc",
    earlyLayers,
    [
      { word: "sc-inc-gpc", takes: "counter", counter: "gpc" },
      { word: "sc-inc-gpc0", takes: "counter", counter: "gpc", index: 0, isPrefix: true },
      { word: "sc-inc-gpc1", takes: "counter", counter: "gpc", index: 1, isPrefix: true },
    ],
    ({ slot, index }) => always((context) => addToSlot(context.tracked, slot, index, 1)),
  ),
  action(
    "sc-add-gpc",
    earlyLayers,
    [{ word: "sc-add-gpc", takes: "counter and number", counter: "gpc" }],
    (target, within) => withNumber(target, within, addToSlot),
  ),
  action(
    "sc-set-gpt",
    earlyLayers,
    [
      { word: "sc-set-gpt", takes: "counter and number", counter: "gpt" },
      { word: "sc-set-gpt0", takes: "counter and number", counter: "gpt", index: 0, isPrefix: true },
    ],
    (target, within) => withNumber(target, within, setInSlot),
  ),
];
