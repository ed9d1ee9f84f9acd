/** What is wrong with a configuration: collected while reading, formatted in one place. */

import { Suggestions } from "./suggestion.ts";
import { fromBytes } from "./text-bytes.ts";

/** HAProxy's own levels; `diag` is shown with `-dD` only. */
export type Level = "alert" | "warning" | "notice" | "diag";

/** Where in a line a message points. */
export interface Pointer {
  /** The line as it stands in the file. */
  readonly source: string;
  /** First character, from 1. */
  readonly column: number;
  readonly length: number;
}

/** One message in HAProxy's wording, without level, pid and `config : `. */
export interface Diagnostic {
  readonly level: Level;
  /** E.g. `parsing [file.cfg:12] : unknown keyword 'bindd' in 'frontend' section; did you mean 'bind' maybe ?`. May have several lines. */
  readonly text: string;
  readonly pointer: Pointer | null;
  /** What to do about it, in a line of its own under the message; null when the text says it. */
  readonly advice: string | null;
}

/** Collects every message of one configuration, so that an operator sees all of them at once. */
export class Diagnostics {
  readonly #list: Diagnostic[] = [];
  #refused = false;

  constructor(
    /** Names that may have been meant. */
    readonly suggestions = new Suggestions(),
  ) {}

  add(diagnostic: Diagnostic): void {
    if (diagnostic.level === "alert") this.#refused = true;
    this.#list.push(diagnostic);
  }

  /** Whether the configuration must not run. */
  get refused(): boolean {
    return this.#refused;
  }

  get hasWarnings(): boolean {
    return this.#list.some((one) => one.level === "warning");
  }

  /** In the order in which they were found. */
  get all(): readonly Diagnostic[] {
    return this.#list;
  }
}

/**
 * Formats messages as HAProxy prints them on stderr, plus a caret and advice under a message that has them.
 *
 * Characters that could steer a terminal or break a line are replaced, for a file's text is not ours.
 */
export function formatDiagnostics(list: readonly Diagnostic[], pid: number, withDiag = false): string {
  const lines: string[] = [];
  for (const one of list) {
    if (one.level === "diag" && !withDiag) continue;
    const [first = "", ...rest] = one.text.split("\n");
    lines.push(`${labels[one.level]}(${pid}) : config : ${printable(first)}`, ...rest.map((line) => printable(line)));
    if (one.pointer !== null) lines.push(...caret(one.pointer));
    if (one.advice !== null) lines.push(`    ${printable(one.advice)}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

const labels: Record<Level, string> = {
  alert: "[ALERT]    ",
  warning: "[WARNING]  ",
  notice: "[NOTICE]   ",
  diag: "[DIAG]     ",
};

const shownColumns = 100;

/** The source line and a caret under the word; a long line is cut around the word. */
function caret(pointer: Pointer): string[] {
  const source = pointer.source.replaceAll("\t", " ");
  const start = pointer.column - 1 > shownColumns - 20 ? Math.max(0, pointer.column - 21) : 0;
  const shown = printable(source.slice(start, start + shownColumns));
  // Columns count bytes; what is shown has fewer characters where letters take several.
  const before = fromBytes(source.slice(start, pointer.column - 1)).length;
  const under = fromBytes(source.slice(pointer.column - 1, pointer.column - 1 + pointer.length)).length;
  const length = Math.max(1, Math.min(under, shown.length - before));
  return [`    ${shown}`, `    ${" ".repeat(before)}${"^".repeat(length)}`];
}

function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return fromBytes(text).replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, "?");
}
