/** Actions that set something of a session: addresses, marks, its place in queues, how it is logged. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { SampleContext } from "../context.ts";
import { cast } from "../value/sample.ts";
import type { RuleEffects } from "./effects.ts";
import { compileNumber } from "./number.ts";
import { compileExpression } from "../expression.ts";
import type { CompileContext } from "../samples/rows.ts";
import { action, type ActionRow, always, earlyLayers, requestLayers, type RuleLayer, type RunAction } from "./row.ts";

const streamLayers: readonly RuleLayer[] = ["content", "response", "http-request", "http-response"];

type Side = "source" | "destination";

/** `set-src`, `set-dst`: the port stays. */
function setAddress(kind: "set-src" | "set-dst", side: Side): ActionRow {
  return action(kind, requestLayers, [{ word: kind, takes: "expression" }], ({ value }, { tables, proxy }) => {
    const evaluate = compileExpression(value, tables, proxy);
    return always((context) => {
      const sample = evaluate(context);
      const host = sample === undefined || sample === "wait" ? undefined : cast(sample, "addr");
      if (host?.type !== "ipv4" && host?.type !== "ipv6") return;
      const old = context[side];
      context[side] = { kind: "tcp", host: host.value, port: old.kind === "tcp" ? old.port : 0 };
    });
  });
}

/** `set-src-port`, `set-dst-port`: the address stays. */
function setPort(kind: "set-src-port" | "set-dst-port", side: Side): ActionRow {
  return action(kind, requestLayers, [{ word: kind, takes: "expression" }], ({ value }, { tables, proxy }) => {
    const evaluate = compileExpression(value, tables, proxy);
    return always((context) => {
      const sample = evaluate(context);
      const port = sample === undefined || sample === "wait" ? undefined : cast(sample, "sint");
      if (port?.type !== "sint") return;
      const old = context[side];
      const host = old.kind === "tcp" ? old.host : "0.0.0.0";
      context[side] = { kind: "tcp", host, port: Number(BigInt.asUintN(16, port.value)) };
    });
  });
}

/** HAProxy keeps a priority class in 12 bits, sign included. */
function bounded(value: number): number {
  return Math.max(-2047, Math.min(2047, value));
}

function withNumber(
  value: SampleExpression,
  within: CompileContext,
  effect: (value: number, effects: RuleEffects, context: SampleContext) => void,
): RunAction {
  const evaluate = compileNumber(value, within);
  return always((context, effects) => {
    const number = evaluate(context);
    if (number !== undefined) effect(number, effects, context);
  });
}

/** The actions of this file. */
export const settingActions: readonly ActionRow[] = [
  setAddress("set-src", "source"),
  setPort("set-src-port", "source"),
  setAddress("set-dst", "destination"),
  setPort("set-dst-port", "destination"),
  action("set-mark", earlyLayers, [{ word: "set-mark", takes: "number", most: 0xffffffff }], ({ value }) =>
    always((_, effects) => effects.setMark(value)),
  ),
  action("set-tos", earlyLayers, [{ word: "set-tos", takes: "number", most: 0xff }], ({ value }) =>
    always((_, effects) => effects.setTos(value)),
  ),
  action(
    "set-priority-class",
    ["content", "http-request"],
    [{ word: "set-priority-class", takes: "expression" }],
    ({ value }, within) =>
      withNumber(value, within, (number, effects) => effects.setPriority({ class: bounded(number) })),
  ),
  action(
    "set-priority-offset",
    ["content", "http-request"],
    [{ word: "set-priority-offset", takes: "expression" }],
    ({ value }, within) => withNumber(value, within, (number, effects) => effects.setPriority({ offset: number })),
  ),
  action("set-log-level", streamLayers, [{ word: "set-log-level", takes: "log level" }], ({ level }) =>
    always((_, effects) => effects.setLogLevel(level)),
  ),
  action("set-nice", streamLayers, [{ word: "set-nice", takes: "idle number" }], () => always(() => undefined)),
  action("wait", streamLayers, [], () => always(() => undefined)),
  action("do-log", earlyLayers, [{ word: "do-log", takes: "nothing" }], () => always((_, effects) => effects.doLog())),
];
