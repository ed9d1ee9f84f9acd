/** `set-var` and its conditions. */
import type { Sample, SampleContext } from "../context.ts";

/** Sets a variable when all of `conditions` (`ifexists`, `ifnotexists`, `ifempty`, `ifnotempty`, `ifset`, `ifnotset`, `ifgt`, `iflt`) hold. */
export function setVariable(context: SampleContext, name: string, sample: Sample, conditions: readonly string[]): void {
  for (const condition of conditions) if (!holds(condition, context.variables.get(name), sample)) return;
  context.variables.set(name, sample);
}

/** `ifempty` and its opposite look at the new value, the others at the variable (manual, `set-var`). */
function holds(condition: string, old: Sample | undefined, sample: Sample): boolean {
  const both = old?.type === "sint" && sample.type === "sint";
  switch (condition) {
    case "ifexists":
    case "ifset":
      return old !== undefined;
    case "ifnotexists":
    case "ifnotset":
      return old === undefined;
    case "ifempty":
      return isEmpty(sample);
    case "ifnotempty":
      return !isEmpty(sample);
    case "ifgt":
      return !both || old.value > sample.value;
    case "iflt":
      return !both || old.value < sample.value;
    default:
      throw new Error(`unknown condition '${condition}' of set-var`);
  }
}

function isEmpty(sample: Sample): boolean {
  return (sample.type === "str" || sample.type === "bin") && sample.value.length === 0;
}
