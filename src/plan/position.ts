/** Where something was said. */

/** Where in the operator's files something was said; `line` counts from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
}
