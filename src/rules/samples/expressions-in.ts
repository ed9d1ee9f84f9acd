/** The expressions in a part of a plan, wherever they stand in it. */
import type { SampleExpression } from "../../plan/rules/sample.ts";

/** Those whose fetch is wanted, in the order in which they stand. */
export function expressionsIn(part: unknown, isWanted: (fetch: string) => boolean): readonly SampleExpression[] {
  const found: SampleExpression[] = [];
  look(part, isWanted, found);
  return found;
}

function look(part: unknown, isWanted: (fetch: string) => boolean, found: SampleExpression[]): void {
  if (typeof part !== "object" || part === null) return;
  if (Array.isArray(part)) {
    // Patterns may be many, and ask nothing.
    if (typeof part[0] !== "string") for (const one of part) look(one, isWanted, found);
    return;
  }
  const { fetch } = part as Partial<SampleExpression>;
  if (fetch !== undefined && isWanted(fetch)) found.push(part as SampleExpression);
  // What a map's file says is no part of a rule.
  else if (!("entries" in part)) for (const one of Object.values(part)) look(one, isWanted, found);
}
