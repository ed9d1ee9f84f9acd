/** Where the reading of an expression has come to, and what is wrong there. */

/** What keeps an expression from being compiled; the message says it without naming the expression. */
export class RegexError extends Error {
  override readonly name = "RegexError";
  /** How far the expression was read. */
  offset = 0;
}

/** A text and a place in it. */
export class Cursor {
  at = 0;

  constructor(readonly text: string) {}

  /** How far the text was read. */
  get offset(): number {
    return Math.min(this.at, this.text.length);
  }

  /** Throws a RegexError about a place. */
  fail(message: string, offset: number): never {
    this.at = offset;
    throw new RegexError(message);
  }

  /** Passes over `text` if it stands here. */
  take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** What the sticky pattern finds here; null: nothing. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }
}
