/** The one error that reading a configuration may throw: what HAProxy would say, and which word is to blame. */
import type { Diagnostics, Level } from "./diagnostics.ts";
import type { Statement, Word } from "./statement.ts";

/** Thrown by parsers of words and caught per line, so that a file's other lines are still read. */
export class Complaint extends Error {
  /** The word that gets the caret; null when the whole line is wrong. */
  readonly word: Word | null;
  readonly advice: string | null;
  /** Which of HAProxy's three forms the place of the message has. */
  readonly where: (statement: Statement) => string;

  constructor(text: string, word: Word | null = null, advice: string | null = null, where = place) {
    super(text);
    this.name = "Complaint";
    this.word = word;
    this.advice = advice;
    this.where = where;
  }
}

/** One that is a whole message already: nothing is put around it. */
export class WholeComplaint extends Complaint {}

/** Runs `read` and puts `prefix` in front of what it complains about. Other errors pass unchanged. */
export function prefixed<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint) || error instanceof WholeComplaint) throw error;
    throw new Complaint(prefix + error.message, error.word, error.advice, error.where);
  }
}

/** As `prefixed`, with a full stop behind. */
export function sentence<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint) || error instanceof WholeComplaint) throw error;
    throw new Complaint(`${prefix}${error.message}.`, error.word, error.advice, error.where);
  }
}

/** HAProxy's usual place of a message: `parsing [file.cfg:12] : `. */
export function place(statement: Statement): string {
  return `parsing [${statement.file}:${statement.line}] : `;
}

/** The shorter form that some of HAProxy's messages have: `parsing [file.cfg:12]: `. */
export function shortPlace(statement: { readonly file: string; readonly line: number }): string {
  return `parsing [${statement.file}:${statement.line}]: `;
}

/** The form of messages from HAProxy's later passes: `Parsing [file.cfg:12]: `. */
export function latePlace(statement: { readonly file: string; readonly line: number }): string {
  return `Parsing [${statement.file}:${statement.line}]: `;
}

/** Without `parsing`, as messages of server lines have it: `[file.cfg:12] : `. */
function barePlace(statement: Statement): string {
  return `[${statement.file}:${statement.line}] : `;
}

/** Adds a message about a line, with a caret under `word`. `text` comes without its place. */
export function complain(
  diagnostics: Diagnostics,
  level: Level,
  statement: Statement,
  text: string,
  word: Word | null = null,
  advice: string | null = null,
  where: (statement: Statement) => string = place,
): void {
  diagnostics.add({
    level,
    text: where(statement) + text,
    pointer: word === null ? null : { source: statement.source, column: word.column, length: Math.max(1, word.length) },
    advice,
  });
}

/** As `complain`, in the form that messages of server lines have. */
export function serverMessage(
  diagnostics: Diagnostics,
  level: Level,
  statement: Statement,
  text: string,
  word: Word | null,
  advice: string | null = null,
): void {
  complain(diagnostics, level, statement, text, word, advice, barePlace);
}

/** Reads one line; a complaint becomes an alert with the line's place, and the answer null. */
export function attempt<T>(diagnostics: Diagnostics, statement: Statement, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    complain(diagnostics, "alert", statement, error.message, error.word, error.advice, error.where);
    return null;
  }
}
