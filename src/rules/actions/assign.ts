/** Actions on variables. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import { compileExpression } from "../expression.ts";
import { compileFormat } from "../format/log-format.ts";
import type { Evaluate, CompileContext } from "../samples/rows.ts";
import { setVariable } from "../samples/set-variable.ts";
import { isFinal } from "../context.ts";
import { address, cast, str } from "../value/sample.ts";
import { action, type ActionRow, allLayers, always } from "./row.ts";

function compileValue(value: SampleExpression | LogFormat, { tables, proxy }: CompileContext): Evaluate {
  if ("fetch" in value) return compileExpression(value, tables, proxy);
  const write = compileFormat(value, tables, proxy);
  const hasAliases = value.parts.some(({ kind }) => kind === "alias");
  if (!hasAliases) return (context) => str(write(null, context));
  return (context) => str(write(context.http?.record() ?? context.recordSoFar?.() ?? null, context));
}

const isRepeatable = true;

/** The actions of this file. */
export const assigningActions: readonly ActionRow[] = [
  action(
    "set-var",
    allLayers,
    [
      { word: "set-var", takes: "assignment", isPrefix: true },
      { word: "set-var-fmt", takes: "formatted assignment", isPrefix: true },
    ],
    ({ name, value, conditions }, within) => {
      const evaluate = compileValue(value, within);
      return always((context) => {
        const sample = evaluate(context);
        if (sample !== undefined && sample !== "wait") setVariable(context, name, sample, conditions);
      });
    },
    isRepeatable,
  ),
  action(
    "do-resolve",
    ["content", "http-request"],
    [{ word: "do-resolve", takes: "resolution", isPrefix: true }],
    ({ name, resolvers, prefers, value }, { tables, proxy }) => {
      const evaluate = compileExpression(value, tables, proxy);
      const asker = {};
      return (context, effects) => {
        const sample = evaluate(context);
        if (sample === "wait") return isFinal(context) ? "pass" : "wait";
        const text = sample === undefined ? undefined : cast(sample, "str");
        if (text?.type !== "str") return "pass";
        const host = effects.lookUp(asker, { resolvers, name: text.value, prefers });
        if (host === "wait") return host;
        const found = host === null ? undefined : address(host);
        if (found !== undefined) context.variables.set(name, found);
        return "pass";
      };
    },
  ),
  action(
    "unset-var",
    allLayers,
    [{ word: "unset-var", takes: "variable", isPrefix: true }],
    ({ name }) => always((context) => context.variables.unset(name)),
    isRepeatable,
  ),
];
