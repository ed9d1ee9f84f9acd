/** How a sample is compared with an ACL's patterns (manual, sections 7.1.1 to 7.1.6). */
import type { AclTest } from "../plan.ts";
import type { Sample } from "./context.ts";
import { cast } from "./sample.ts";

export type Match = (sample: Sample) => boolean;

/** Compiles all patterns of a test into one function. */
export function compileMatch(match: AclTest["match"], patterns: readonly string[], _ignoreCase: boolean): Match {
  if (match === "found") return () => true;
  if (match === "bool") return (sample) => sample.value === true || (sample.type === "sint" && sample.value !== 0n);
  const set = new Set(patterns);
  return (sample) => {
    const text = cast(sample, "str");
    return text?.type === "str" && set.has(text.value);
  };
}
