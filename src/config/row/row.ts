/** A row of the language's table: one keyword, where it may stand, what its words mean, and where they land. */
import type { InferOutput } from "valibot";
import type { Word, Statement } from "../text/statement.ts";
import { Complaint, complain, place } from "../text/complaint.ts";
import { type Draft, positionOf } from "../draft/draft.ts";
import { anyWords, looseTime, readWords, type WordsSchema } from "./value.ts";

/** Where in a configuration a keyword belongs: a kind of section, or the options of one of its lines. */
export type Scope =
  | "section"
  | "global"
  | "proxy"
  | "bind"
  | "server"
  | "resolvers"
  | "ring"
  | "peers"
  | "userlist"
  | "http-errors"
  | "mailers"
  | "action"
  | "sample"
  | "directive";

/** `works`; accepted but without effect; or known to HAProxy and refused here. */
export type Class = "works" | "no-effect" | "refused";

/** How often it is met in TCP configurations: A in most, B often, C rarely; null is outside TCP. */
export type Tier = "A" | "B" | "C" | null;

/** What the reference says of a keyword. */
export interface Keyword {
  /** As written, with the words that belong to it: `timeout client`. */
  readonly name: string;
  readonly scope: Scope;
  /** Sections of a proxy keyword: letters of defaults, frontend, listen, backend. "" elsewhere. */
  readonly where: string;
  /** Its arguments, as in HAProxy's manual: `<time>`. */
  readonly usage: string;
  readonly class: Class;
  /** Why it has no effect or is refused; null where it works. */
  readonly reason: string | null;
  readonly tier: Tier;
  /** The one mode in which it acts, or is refused; null: it does not matter. */
  readonly mode: "http" | null;
  /** HAProxy does not know it: `.if feature(FAIRLEAD)` lets one file serve both. */
  readonly isExtension: boolean;
  readonly help: string;
}

/** One statement with the keyword found on it. */
export interface Line {
  readonly statement: Statement;
  readonly draft: Draft;
  /** The keyword's last word. */
  readonly keyword: Word;
  /** The words after it. */
  readonly words: readonly Word[];
  /** Its index in the statement. */
  readonly start: number;
  /** After `no`. */
  readonly negated: boolean;
}

/** A keyword that can be read into a target. */
export interface Row<Target> extends Keyword {
  readonly read: (target: Target, line: Line) => void;
  /** Which half of a proxy the keyword needs; null for neither. */
  readonly needs: "frontend" | "backend" | null;
  /** What is said where that half is missing; null for HAProxy's usual sentence. */
  readonly misplaced: ((label: string) => string) | null;
  /** Whether it is read all the same where that half is missing. */
  readonly readMisplaced: boolean;
  /** Whether `no` may stand before it. */
  readonly negatable: boolean;
  /** Whether messages say `parsing [f:1]: ` without a space, as some of HAProxy's do. */
  readonly tight: boolean;
}

/** What every row says. */
export interface Entry {
  readonly where?: string;
  readonly usage?: string;
  readonly tier?: Tier;
  readonly help: string;
  readonly needs?: "frontend" | "backend";
  readonly misplaced?: (label: string) => string;
  readonly readMisplaced?: boolean;
  readonly negatable?: boolean;
  readonly tight?: boolean;
  /** Whether times are among its words: of those with a unit that HAProxy lets pass it warns. */
  readonly hasTimes?: boolean;
  /** Whether HAProxy does not know it. */
  readonly isExtension?: boolean;
}

/** A row that works: its words by a schema, and where the values land. */
export interface Working<Target, Schema extends WordsSchema> extends Entry {
  readonly words: Schema;
  readonly land: (target: Target, values: InferOutput<Schema>, line: Line) => void;
}

/** A row without effect: its words are still checked where a schema is given. */
export interface Idle<Target> extends Entry {
  readonly reason: string;
  readonly words?: WordsSchema;
  /** What HAProxy checks or warns about. */
  readonly check?: (target: Target, line: Line) => void;
}

/** A row that is refused: `'X' is not supported`, or HAProxy's own words when it refuses as well. */
export interface Refusal extends Entry {
  readonly reason: string;
  readonly advice?: string;
  readonly says?: (line: Line) => string;
}

/** The three kinds of rows for one scope. */
export function rowsOf<Target>(scope: Scope): {
  works<Schema extends WordsSchema>(name: string, entry: Working<Target, Schema>): Row<Target>;
  idle(name: string, entry: Idle<Target>): Row<Target>;
  refused(name: string, entry: Refusal): Row<Target>;
} {
  return {
    works: (name, entry) => ({
      ...common(name, scope, entry),
      class: "works",
      reason: null,
      read(target, line) {
        const values = readWords(entry.words, line.words, line.keyword);
        if (entry.hasTimes === true) warnLooseTimes(line);
        entry.land(target, values, line);
      },
    }),
    idle: (name, entry) => ({
      ...common(name, scope, entry),
      class: "no-effect",
      reason: entry.reason,
      read(target, line) {
        readWords(entry.words ?? anyWords(), line.words, line.keyword);
        entry.check?.(target, line);
        line.draft.global.withoutEffect.push({
          keyword: name,
          reason: entry.reason,
          position: positionOf(line.statement),
        });
      },
    }),
    refused: (name, entry) => ({
      ...common(name, scope, { ...entry, readMisplaced: false }),
      class: "refused",
      reason: entry.reason,
      read(_target, line) {
        throw new Complaint(
          entry.says?.(line) ?? `'${name}' is not supported`,
          line.keyword,
          entry.advice ?? (entry.says === undefined ? entry.reason : null),
        );
      },
    }),
  };
}

function common(name: string, scope: Scope, entry: Entry): Omit<Row<never>, "class" | "reason" | "read"> {
  return {
    name,
    scope,
    where: entry.where ?? "",
    usage: entry.usage ?? "",
    tier: entry.tier ?? null,
    mode: null,
    isExtension: entry.isExtension ?? false,
    help: entry.help,
    needs: entry.needs ?? null,
    misplaced: entry.misplaced ?? null,
    readMisplaced: entry.readMisplaced ?? true,
    negatable: entry.negatable ?? false,
    tight: entry.tight ?? false,
  };
}

/** Says `text` about a line without refusing it. */
export function warn(line: Line, text: string, word: Word | null = line.keyword, where = place): void {
  complain(line.draft.diagnostics, "warning", line.statement, text, word, null, where);
}

/** HAProxy lets `1hour` pass as `1h` and says so. */
export function warnLooseTimes(line: Pick<Line, "statement" | "draft" | "words">): void {
  for (const word of line.words) {
    const letter = looseTime(word.text);
    if (letter === null) continue;
    line.draft.diagnostics.add({
      level: "warning",
      text:
        `unexpected character '${letter}' after the timer value '${word.text}', only ` +
        "(us=microseconds,ms=milliseconds,s=seconds,m=minutes,h=hours,d=days) are supported." +
        " This will be reported as an error in next versions.",
      pointer: { source: line.statement.source, column: word.column, length: word.length },
      advice: null,
    });
  }
}

/** A keyword found on a statement: its row and the number of words its name takes. */
export interface Found<Target> {
  readonly row: Row<Target>;
  readonly length: number;
}

/** Finds rows by the first words of a statement, the longest name first; `set-var(x)` is found as `set-var`. */
export function finder<Target>(rows: readonly Row<Target>[]): (words: readonly Word[]) => Found<Target> | null {
  const byFirst = new Map<string | undefined, (Found<Target> & { readonly names: readonly string[] })[]>();
  // Of two rows of one name the later counts.
  for (const row of rows.toReversed()) {
    const names = row.name.split(" ");
    const list = byFirst.get(names[0]) ?? [];
    byFirst.set(
      names[0],
      [...list, { row, names, length: names.length }].toSorted((left, right) => right.length - left.length),
    );
  }
  return (words) =>
    byFirst.get(words[0]?.text)?.find(({ names, length }) => {
      for (let index = 1; index < length; index += 1) {
        const text = words[index]?.text;
        if (text === undefined || (text !== names[index] && text.split("(", 1)[0] !== names[index])) return false;
      }
      return true;
    }) ?? null;
}
