/** Reads the lines of a section by its table: finds each line's row, checks where it may stand, collects what is wrong. */
import { attempt, Complaint, complain, place, shortPlace } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import { type Found, finder, type Line, type Row } from "../row/row.ts";
import type { Section, Statement, Word } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";
import { sectionKinds } from "../text/section-headers.ts";

/** How one kind of section is read. */
export interface SectionTable<Target> {
  readonly find: (words: readonly Word[]) => Found<Target> | null;
  readonly names: readonly string[];
  /** What a line is told whose first word begins keywords of several words, when none of them fits; null: unknown. */
  readonly family: (statement: Statement, target: Target) => string | null;
  /** Checks whether the row may stand in the section; false when it is not to be read. */
  readonly admit: (row: Row<Target>, target: Target, line: Line) => boolean;
  /** The section's name in `unknown keyword … in '…' section`. */
  readonly called: (section: Section) => string;
  /** The place of that message. */
  readonly where?: (statement: Statement) => string;
}

/** Makes a table of rows; the rest is what differs between kinds of sections. */
export function sectionTable<Target>(
  rows: readonly Row<Target>[],
  rest: Partial<Omit<SectionTable<Target>, "find" | "names">>,
): SectionTable<Target> {
  return {
    find: finder(rows),
    names: [...new Set(rows.map((row) => row.name.split(" ")[0] ?? ""))],
    family: () => null,
    admit: () => true,
    called: (section) => section.kind,
    ...rest,
  };
}

/** Reads every line of a section into the target. Everything wrong is in the draft's diagnostics. */
export function readSection<Target>(table: SectionTable<Target>, section: Section, target: Target, draft: Draft): void {
  for (const statement of section.statements) readStatement(table, section, statement, target, draft);
}

const negationMessage =
  "negation/default currently supported only for options, log, busy-polling, set-dumpable, strict-limits, insecure-fork-wanted and numa-cpu-mapping.";

function readStatement<Target>(
  table: SectionTable<Target>,
  section: Section,
  statement: Statement,
  target: Target,
  draft: Draft,
): void {
  draft.files.readFor(section, statement.file);
  const first = statement.words[0];
  const negated = first?.text === "no" || first?.text === "default";
  const offset = negated ? 1 : 0;
  const found = table.find(statement.words.slice(offset));
  if (negated && (found === null || !found.row.negatable || first?.text === "default")) {
    const option = statement.words[1]?.text === "option" ? (statement.words[2]?.text ?? "") : null;
    const text = option === null ? negationMessage : `negation/default is not supported for option '${option}'.`;
    complain(draft.diagnostics, "alert", statement, text, statement.words[1] ?? first, null, shortPlace);
    return;
  }
  if (found === null) {
    unknown(table, section, statement, target, draft);
    return;
  }
  const { row, length } = found;
  const start = offset + length;
  const keyword = statement.words[start - 1];
  if (keyword === undefined) return;
  const line: Line = {
    statement,
    draft,
    keyword,
    words: statement.words.slice(start),
    start,
    negated: first?.text === "no",
  };
  attempt(draft.diagnostics, statement, () => {
    try {
      if (table.admit(row, target, line)) row.read(target, line);
    } catch (error) {
      if (!(error instanceof Complaint) || !row.tight || error.where !== place) throw error;
      throw new Complaint(error.message, error.word, error.advice, shortPlace);
    }
  });
}

function unknown<Target>(
  table: SectionTable<Target>,
  section: Section,
  statement: Statement,
  target: Target,
  draft: Draft,
): void {
  attempt(draft.diagnostics, statement, () => {
    const family = table.family(statement, target);
    if (family !== null) throw new Complaint(family, statement.words[1] ?? statement.words[0]);
    const word = statement.words[0];
    const near = nearest(word?.text ?? "", [...table.names, ...sectionKinds]);
    const hint = near === null ? "" : `; did you mean '${near}' maybe ?`;
    const text = `unknown keyword '${word?.text ?? ""}' in '${table.called(section)}' section${hint}`;
    throw new Complaint(text, word, null, table.where ?? place);
  });
}
