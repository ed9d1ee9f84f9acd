/** How a sample is compared with patterns that stay as they are (manual, sections 7.1.1 to 7.1.6). */
import { openIndex, type IndexKind, type MatchKind } from "./pattern-index.ts";
import { type Sample, cast } from "../value/sample.ts";

/** Whether a sample matches; it is cast as the kind of comparison asks. */
export type Match = (sample: Sample) => boolean;

/** A pattern and what to give when it matches. */
export interface Pattern<Value> {
  readonly text: string;
  readonly value: Value;
}

/** What is matched without a pattern; null: the kind has patterns. */
export function matchWithout(match: MatchKind): Match | null {
  if (match === "found") return () => true;
  if (match !== "bool") return null;
  return (sample) => (sample.type === "bool" ? sample.value : cast(sample, "bool")?.value === true);
}

/**
 * Compiles all patterns of a test into one function. A pattern of an integer may begin with an operator and a space
 * (`gt 3`).
 */
export function compileMatch(match: MatchKind, patterns: readonly string[], ignoreCase: boolean): Match {
  const without = matchWithout(match);
  if (without !== null) return without;
  const search = compileSearch(
    match as IndexKind,
    patterns.map((text) => ({ text, value: true })),
    ignoreCase,
  );
  return (sample) => search(sample) !== undefined;
}

/** Compiles patterns into a search for the value of the one that matches: the best by hash, else the first in order. */
export function compileSearch<Value>(
  match: IndexKind,
  patterns: readonly Pattern<Value>[],
  ignoreCase: boolean,
): (sample: Sample) => Value | undefined {
  const index = openIndex<{ readonly reference: number; readonly value: Value }>(match, ignoreCase);
  for (const [reference, { text, value }] of patterns.entries()) index.put(text, { reference, value });
  return (sample) => index.find(sample)?.value;
}
