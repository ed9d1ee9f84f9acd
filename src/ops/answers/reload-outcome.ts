/** What comes of a reload that somebody asked for, and how it is answered. */

/** What came of a reload. */
export interface ReloadOutcome {
  readonly succeeded: boolean;
  /** What was said on the way, then what has changed; lines with their ends, or nothing. */
  readonly text: string;
}

/** As HAProxy answers from 2.7 on: a line for programs, and below two dashes what there is to be read. */
export function reloadAnswer({ succeeded, text }: ReloadOutcome): string {
  return `Success=${succeeded ? 1 : 0}\n${text === "" ? "" : `--\n${text}`}`;
}
