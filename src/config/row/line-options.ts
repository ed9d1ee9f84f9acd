/** Options of `bind` and `server` lines: how a line's words are matched to the rows of its table. */
import type { InferOutput } from "valibot";
import { Complaint } from "../text/complaint.ts";
import { type Draft, positionOf } from "../draft/draft.ts";
import { type Entry, type Keyword, type Scope, warnLooseTimes } from "./row.ts";
import type { Statement, Word } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";
import { readWords, words, type WordSchema } from "./value.ts";

/** One option on a line, while it is read. */
export interface OptionLine {
  readonly statement: Statement;
  readonly draft: Draft;
  readonly keyword: Word;
  /** The words after it, to the end of the line. */
  readonly rest: readonly Word[];
  /** What stands before a warning about it. */
  readonly where: string;
}

/** A row of an option table. `read` returns how many words it took after its own. */
export interface OptionRow<Target> extends Keyword {
  readonly read: (target: Target, line: OptionLine) => number;
}

interface Working<Target, Items extends readonly WordSchema[]> extends Omit<Entry, "where" | "needs"> {
  readonly takes: Items;
  /** May return how many more words it took. */
  readonly land: (
    target: Target,
    values: { -readonly [Key in keyof Items]: InferOutput<Items[Key]> },
    line: OptionLine,
  ) => number | void;
}

/** An option without effect; `takes` words are passed over. */
interface Idle<Target> extends Omit<Entry, "where" | "needs"> {
  readonly takes: number;
  readonly reason: string;
  readonly check?: (target: Target, line: OptionLine) => void;
}

interface Refusal extends Omit<Entry, "where" | "needs"> {
  readonly reason: string;
  readonly advice: string;
}

/** The three kinds of rows of one option table. */
export function optionsOf<Target>(scope: Scope): {
  works<const Items extends readonly WordSchema[]>(name: string, entry: Working<Target, Items>): OptionRow<Target>;
  idle(name: string, entry: Idle<Target>): OptionRow<Target>;
  refused(name: string, entry: Refusal): OptionRow<Target>;
} {
  const common = (name: string, entry: Omit<Entry, "where" | "needs">): Omit<Keyword, "class" | "reason"> => ({
    name,
    scope,
    where: "",
    usage: entry.usage ?? "",
    tier: entry.tier ?? null,
    mode: null,
    isExtension: entry.isExtension ?? false,
    help: entry.help,
  });
  return {
    works(name, entry) {
      const schema = words(name, entry.takes);
      const { hasTimes = false } = entry;
      return {
        ...common(name, entry),
        class: "works",
        reason: null,
        read(target, line) {
          const own = line.rest.slice(0, entry.takes.length);
          const values = readWords(schema, own, line.keyword);
          if (hasTimes) warnLooseTimes({ ...line, words: own });
          return entry.takes.length + (entry.land(target, values, line) ?? 0);
        },
      };
    },
    idle: (name, entry) => ({
      ...common(name, entry),
      class: "no-effect",
      reason: entry.reason,
      read(target, line) {
        entry.check?.(target, line);
        const { withoutEffect } = line.draft.global;
        withoutEffect.push({ keyword: name, reason: entry.reason, position: positionOf(line.statement) });
        return entry.takes;
      },
    }),
    refused: (name, entry) => ({
      ...common(name, entry),
      class: "refused",
      reason: entry.reason,
      read(_target, line) {
        throw new Complaint(`'${name}' is not supported`, line.keyword, entry.advice);
      },
    }),
  };
}

/** How a table's line words its complaints. */
export interface OptionMessages {
  /** What stands before its warnings; left out: nothing. */
  readonly where?: string;
  /** Throws for a word that no row knows; `near` is the row that it may have meant. */
  readonly unknown: (word: Word, near: string | null) => never;
  /** Rethrows what a row complained about. */
  readonly wrong: (complaint: Complaint) => never;
}

/** Reads a line's options from `start` to its end. */
export function readOptions<Target>(
  rows: ReadonlyMap<string, OptionRow<Target>>,
  target: Target,
  statement: Statement,
  start: number,
  draft: Draft,
  messages: OptionMessages,
): void {
  let index = start;
  for (;;) {
    const keyword = statement.words[index];
    if (keyword === undefined || keyword.text === "") return;
    const row = rows.get(keyword.text) ?? rows.get(keyword.text.replace(/\(.*$/s, "("));
    if (row === undefined) {
      const near = nearest(keyword.text, rows.keys());
      messages.unknown(keyword, near);
      return;
    }
    const rest = statement.words.slice(index + 1);
    try {
      index += 1 + row.read(target, { statement, draft, keyword, rest, where: messages.where ?? "" });
    } catch (error) {
      if (error instanceof Complaint) messages.wrong(error);
      throw error;
    }
  }
}
