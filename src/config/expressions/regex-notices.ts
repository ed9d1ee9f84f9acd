/** Regular expressions in a configuration: whether they can be compiled here, and which a subject could keep busy. */
import { backtrackingReason, compileRegex, RegexError, type RegexUse } from "../../regex/compile.ts";
import { complain } from "../text/complaint.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Statement, Word } from "../text/statement.ts";

/** HAProxy's words about an expression that does not compile; null for one that does. */
export function regexComplaint(pattern: string, use: RegexUse): string | null {
  try {
    compileRegex(pattern, use);
    return null;
  } catch (error) {
    const offset = error instanceof RegexError ? `, erroffset=${error.offset}` : "";
    const reason = error instanceof Error ? error.message : String(error);
    return `regex '${pattern}' is invalid (error=${reason}${offset})`;
  }
}

/**
 * Notes, of expressions that compile, those that run in an engine that goes back and tries again. A notice: HAProxy takes them without
 * a word, and a warning would have `-dW` refuse the file. `file`: where they stand, one a line; it has one notice for all.
 */
export function noteBacktracking(
  patterns: readonly string[],
  use: RegexUse,
  diagnostics: Diagnostics,
  statement: Statement,
  word: Word | null,
  file: string | null = null,
): void {
  const noted = patterns.flatMap((pattern) => {
    const reason = backtrackingReason(pattern, use);
    return reason === null ? [] : [{ pattern, reason }];
  });
  const [first] = noted;
  if (first === undefined) return;
  const others = noted.length > 1 ? ` (and ${noted.length - 1} more)` : "";
  const where = file === null ? "" : ` of file '${file}'${others}`;
  const text = `regex '${first.pattern}'${where} may take very long on some texts: ${first.reason} cannot be had in time that grows as the text does.`;
  complain(diagnostics, "notice", statement, text, word);
}
