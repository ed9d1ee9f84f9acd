/** A place on a line. */
import type { Statement, Word } from "./statement.ts";

/** Where on a line a parser stands. Parsers move `index` past what they took. */
export interface Cursor {
  readonly statement: Statement;
  index: number;
}

/** The word under the cursor, or null at the end of the line. */
export function peek(cursor: Cursor): Word | null {
  return cursor.statement.words[cursor.index] ?? null;
}

/** The text under the cursor moved by `offset`; "" at the end of the line, as HAProxy's messages show it. */
export function textAt(cursor: Cursor, offset = 0): string {
  return cursor.statement.words[cursor.index + offset]?.text ?? "";
}
