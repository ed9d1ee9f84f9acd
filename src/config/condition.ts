/** Conditions of `.if` lines and `-cc`. */
import type { Environment } from "./statement.ts";

/** The value of a condition; a Complaint when it cannot be parsed (`-cc` ends with 2 then, else 0 for true and 1 for false). */
export function evaluateCondition(text: string, environment: Environment): boolean {
  throw new Error(`not yet: ${text} ${environment.size}`);
}
