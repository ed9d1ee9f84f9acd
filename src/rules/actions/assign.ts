/** Actions on variables. */
import type { SampleExpression } from "../../plan/sample.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import { compileExpression } from "../expression.ts";
import { compileFormat } from "../format/log-format.ts";
import type { Evaluate, CompileContext } from "../samples/rows.ts";
import { setVariable } from "../samples/set-variable.ts";
import { str } from "../value/sample.ts";
import { action, type ActionRow, allLayers, always } from "./row.ts";

function compileValue(value: SampleExpression | LogFormat, { tables, proxy }: CompileContext): Evaluate {
  if ("fetch" in value) return compileExpression(value, tables, proxy);
  const write = compileFormat(value, tables, proxy);
  const hasAliases = value.parts.some(({ kind }) => kind === "alias");
  return (context) => str(write(hasAliases ? (context.http?.record() ?? null) : null, context));
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
    "unset-var",
    allLayers,
    [{ word: "unset-var", takes: "variable", isPrefix: true }],
    ({ name }) => always((context) => context.variables.unset(name)),
    isRepeatable,
  ),
];
