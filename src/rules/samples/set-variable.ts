/** `set-var` and its conditions. */
import { wordTable } from "../../word-table.ts";
import type { SampleContext } from "../context.ts";
import type { Sample } from "../value/sample.ts";

type Holds = (old: Sample | undefined, sample: Sample) => boolean;

/** `ifempty` and its opposite look at the new value, the others at the variable (manual, `set-var`). */
const conditions = wordTable<Holds>({
  ifexists: isThere,
  ifset: isThere,
  ifnotexists: (old) => old === undefined,
  ifnotset: (old) => old === undefined,
  ifempty: (_, sample) => isEmpty(sample),
  ifnotempty: (_, sample) => !isEmpty(sample),
  ifgt: (old, sample) => old?.type !== "sint" || sample.type !== "sint" || old.value > sample.value,
  iflt: (old, sample) => old?.type !== "sint" || sample.type !== "sint" || old.value < sample.value,
});

/** Whether a word is a condition of `set-var(name,condition…)`; an empty one is none, and allowed. */
export function isSetVarCondition(word: string): boolean {
  return word === "" || conditions.has(word);
}

/** Sets a variable when all of these conditions hold. Throws on one that is none. */
export function setVariable(context: SampleContext, name: string, sample: Sample, words: readonly string[]): void {
  for (const word of words) {
    const holds = conditions.get(word);
    if (holds === undefined) throw new Error(`unknown condition '${word}' of set-var`);
    if (!holds(context.variables.get(name), sample)) return;
  }
  context.variables.set(name, sample);
}

function isThere(old: Sample | undefined): boolean {
  return old !== undefined;
}

function isEmpty(sample: Sample): boolean {
  return (sample.type === "str" || sample.type === "bin") && sample.value.length === 0;
}
