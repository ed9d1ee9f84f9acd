/** The first line of a text that outlives the process: whose it is, and of which form. */
import * as v from "valibot";

export interface SavedHead {
  /** `fairlead` and the word that it is of. */
  readonly file: string;
  /** Goes up when a former program could not read it any more. */
  readonly version: number;
}

/** A line of JSON; null where it is none. */
export function savedValue(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** What is said of a text that somebody else has written. */
export function foreignText({ file }: SavedHead): string {
  return `it is not a file of ${file.replace("fairlead", "fairlead's")}`;
}

/** Why a text with this first line cannot be read; null: it can. */
export function wrongHead(head: SavedHead, value: unknown): string | null {
  const read = v.safeParse(v.object({ file: v.literal(head.file), version: v.number() }), value);
  if (!read.success) return foreignText(head);
  return read.output.version === head.version
    ? null
    : `it has version ${read.output.version} of its form, and this program reads ${head.version}`;
}
