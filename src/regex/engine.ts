/** What every engine of regular expressions does, over texts with one character per byte. */

/** What was found: all of it, then the groups from 1 on; undefined: a group that took no part. */
export type Groups = readonly (string | undefined)[];

/** An expression ready to run. */
export interface Regex {
  test(text: string): boolean;
  /** The first match. */
  exec(text: string): Groups | null;
  /** With the first match, or all of them if it was compiled for `everywhere`, replaced. */
  replace(text: string, by: (groups: Groups) => string): string;
}
