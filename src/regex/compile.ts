/** Regular expressions as HAProxy's users write them (PCRE2 over bytes), run in time that no subject can stretch. */
import type { Groups, Regex } from "./engine.ts";
import { isCheap, isPeculiar, settle } from "./cost.ts";
import { LinearRegex } from "./linear.ts";
import { NativeRegex } from "./native.ts";
import type { Node } from "./node.ts";
import { parseRegex } from "./parse.ts";
import { NotLinear, writeLinear } from "./write.ts";

export type { Groups, Regex } from "./engine.ts";
export { RegexError } from "./cursor.ts";

/** What is asked of an expression. */
export interface RegexUse {
  readonly ignoreCase?: boolean;
  /** `replace` replaces all matches. */
  readonly everywhere?: boolean;
  /** What groups found is asked for; without it, only named ones are groups. */
  readonly hasGroups?: boolean;
}

/**
 * Compiles an expression. Throws a RegexError for what is wrong with it or cannot be had here.
 *
 * The runtime's engine gets it where it provably costs no more than some steps for each byte of any subject, which is nearly always
 * (see regex/cost.ts): 0.02 µs a match. Else RE2 does, at some µs; and the runtime's engine after all where RE2 cannot
 * (see backtrackingReason).
 */
export function compileRegex(pattern: string, use: RegexUse = {}): Regex {
  return choose(pattern, use).regex;
}

/** Why an expression runs in an engine that goes back and tries again, so that a subject may keep it busy for long; null: it does not. */
export function backtrackingReason(pattern: string, use: RegexUse = {}): string | null {
  return choose(pattern, use).reason;
}

function choose(
  pattern: string,
  { ignoreCase = false, everywhere = false, hasGroups = false }: RegexUse,
): { readonly regex: Regex; readonly reason: string | null } {
  const node = settle(parseRegex(pattern, ignoreCase, hasGroups));
  const isHarmless = isCheap(node, everywhere);
  if (isHarmless && !isPeculiar(node, hasGroups)) return { regex: new NativeRegex(node, everywhere), reason: null };
  const linear = tryLinear(node, everywhere);
  if (typeof linear !== "string") return { regex: linear, reason: null };
  return { regex: new NativeRegex(node, everywhere), reason: isHarmless ? null : linear };
}

/** RE2's expression, or why there is none. */
function tryLinear(node: Node, everywhere: boolean): LinearRegex | string {
  try {
    return new LinearRegex(writeLinear(node), everywhere);
  } catch (error) {
    return error instanceof NotLinear ? error.message : "repetitions as large as these";
  }
}

/** Puts what a match found into a replacement text: `\0` is all of it, `\1` to `\9` its groups. */
export function expandReferences(replacement: string, match: Groups): string {
  return replacement.replaceAll(/\\([0-9])/g, (_, digit: string) => match[Number(digit)] ?? "");
}
