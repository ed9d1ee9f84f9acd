/** Messages of the final check, and the lines they point at. */
import type { Level } from "../../text/diagnostics.ts";
import type { Draft, Mention, ProxyDraft } from "../../draft/draft.ts";
import type { Statement, Word } from "../../text/statement.ts";

/** A message of the final check, which has no place in HAProxy's text; the caret shows it all the same. */
export function say(
  draft: Draft,
  level: Level,
  text: string,
  statement: Statement | null,
  word: Word | null = statement?.words[0] ?? null,
  advice: string | null = null,
): void {
  const pointer =
    statement === null || word === null
      ? null
      : { source: statement.source, column: word.column, length: Math.max(1, word.length) };
  draft.diagnostics.add({ level, text, pointer, advice });
}

/** The same for a name that was mentioned. */
export function sayOf(draft: Draft, level: Level, text: string, mention: Mention, advice: string | null = null): void {
  say(draft, level, text, mention.statement, mention.word, advice);
}

/** Where a section says a keyword itself; null when it came from `defaults`. */
export function lineOf(proxy: ProxyDraft, keyword: string, second?: string): Statement | null {
  const found = proxy.section.statements.findLast(({ words }) => {
    return words[0]?.text === keyword && (second === undefined || words[1]?.text === second);
  });
  return found ?? null;
}
