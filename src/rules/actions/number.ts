/** A number that an action takes: written as such, or an expression's value. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { SampleContext } from "../context.ts";
import { compileExpression } from "../expression.ts";
import type { CompileContext } from "../samples/rows.ts";
import { cast } from "../value/sample.ts";

/** Undefined: the expression has no value, or none that is a number. */
export function compileNumber(
  value: number | SampleExpression,
  { tables, proxy }: CompileContext,
): (context: SampleContext) => number | undefined {
  if (typeof value === "number") return () => value;
  const evaluate = compileExpression(value, tables, proxy);
  return (context) => {
    const sample = evaluate(context);
    const number = sample === undefined || sample === "wait" ? undefined : cast(sample, "sint");
    return number?.type === "sint" ? Number(number.value) : undefined;
  };
}
