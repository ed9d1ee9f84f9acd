/** One thing that is wrong, or worth knowing, with where it stands and what mends it. */
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Position } from "../../plan/position.ts";

/** An error keeps something from working, a warning will do so in time or for some, a note is for information. */
export type Severity = "error" | "warning" | "note";

/** What was found. */
export interface Finding {
  readonly severity: Severity;
  /** Of the kind of finding, for programs: it stays the same. */
  readonly id: string;
  readonly what: string;
  /** Null: it is about no line. */
  readonly position: Position | null;
  /** What may be typed: a line of the configuration, or after `$ ` a command. Null: there is no one way out. */
  readonly fix: string | null;
}

/** Those that call for something to be done come first; otherwise in the order of files and lines. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const ranks = { error: 0, warning: 1, note: 2 };
  return findings.toSorted(
    (left, right) =>
      ranks[left.severity] - ranks[right.severity] ||
      (left.position?.file ?? "").localeCompare(right.position?.file ?? "") ||
      (left.position?.line ?? 0) - (right.position?.line ?? 0),
  );
}

/** The process's exit code. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ severity }) => severity === "error")) return 2;
  return findings.some(({ severity }) => severity === "warning") ? 1 : 0;
}

/** The text of a line as it stands, without what is around it and without a comment; null: it is not there. */
export function lineText(files: readonly ConfigurationFile[], { file, line }: Position): string | null {
  const text = files.find(({ name }) => name === file)?.text.split("\n")[line - 1];
  return text === undefined ? null : text.replace(/(?<!\\)#.*$/, "").trim();
}
