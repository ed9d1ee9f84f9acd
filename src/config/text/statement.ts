/** What reading a file gives before anyone knows what the words mean: words, statements, sections. */

/** One word after quotes, escapes and variables have been worked off. */
export interface Word {
  readonly text: string;
  /** Where the word begins in the line as it stands in the file, from 1. */
  readonly column: number;
  /** How many characters of the line it takes up, quotes and escapes included. */
  readonly length: number;
  /** True when any part of it was quoted: an address is then not searched for `${VAR}` again. */
  readonly quoted: boolean;
}

/** One line with at least one word. */
export interface Statement {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line as it stands in the file, for the caret. */
  readonly source: string;
  readonly words: readonly Word[];
}

/** A section header with the statements under it, in order. */
export interface Section {
  /** `global`, `defaults`, `frontend`, … as written. */
  readonly kind: string;
  readonly header: Statement;
  /** The second word of the header; "" when there is none. */
  readonly name: string;
  /** The `defaults` section that applies to this proxy: named by `from`, or the latest one before it; null elsewhere. */
  readonly defaults: Section | null;
  readonly statements: readonly Statement[];
}

/** The environment that `"$VAR"` reads and `setenv`, `presetenv`, `resetenv`, `unsetenv` change while reading. */
export type Environment = Map<string, string>;
