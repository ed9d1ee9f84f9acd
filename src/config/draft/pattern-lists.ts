/** Lists of patterns that the admin socket may change: those of files, shared by name, and those of ACL lines. */
import type { PatternEntryPlan, PatternListPlan, PatternUse } from "../../plan/rules/acl.ts";
import type { Position } from "../../plan/position.ts";
import { Complaint } from "../text/complaint.ts";

/** A list while the configuration is read: others may come to use it, and its number is counted at the end. */
export interface PatternListDraft extends Omit<PatternListPlan, "id" | "isAcl" | "description" | "uses" | "entries"> {
  /** -1: counted by `numbered`. */
  id: number;
  isAcl: boolean;
  description: string;
  uses: PatternUse[];
  entries: { key: string; value: string | null; compared: readonly string[] }[];
}

/** The lines of a pattern or map file that count: without comments, empty lines and white space around them. */
export function patternLines(text: string): string[] {
  const lines = text.split(/\r?\n/).map(withoutBlanks);
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** In one pass: an expression for the blanks at the end would begin anew at each one before. */
function withoutBlanks(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && isBlank(line[start])) start += 1;
  while (end > start && isBlank(line[end - 1])) end -= 1;
  return line.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** Key and value of a line of a map file: the first word, and all after it. */
export function splitMapLine(line: string): { readonly key: string; readonly value: string } {
  const [, key = "", value = ""] = /^([^ \t]+)[ \t]*(.*)$/.exec(line) ?? [];
  return { key, value };
}

/** All lists of a configuration while it is read. */
export class PatternLists {
  readonly #all: PatternListDraft[] = [];
  readonly #byFile = new Map<string, PatternListDraft>();
  /** Numbers that `-u` has given away. */
  readonly #taken = new Set<number>();

  /**
   * Notes that a line uses a file of patterns; `lines` without comments. As HAProxy, reads a file once, with or without
   * values. Throws a Complaint when others read it the other way.
   */
  useFile(
    file: string,
    lines: readonly string[],
    isMap: boolean,
    use: PatternUse,
    { file: configuration, line }: Position,
  ): PatternListDraft {
    const user = `by ${isMap ? "map" : "acl"} at file '${configuration}' line ${line}`;
    const known = this.#byFile.get(file);
    if (known === undefined) {
      const entries = lines.map((text) => {
        const { key, value } = isMap ? splitMapLine(text) : { key: text, value: null };
        return { key, value, compared: [key] };
      });
      const description = `pattern loaded from file '${file}' used ${user}`;
      const list = { id: -1, file, isAcl: use.output === null, isMap, description, uses: [use], entries };
      this.#byFile.set(file, list);
      this.#all.push(list);
      return list;
    }
    if (known.isMap !== isMap) {
      const [was, wanted] = isMap ? ["one", "two"] : ["two", "one"];
      throw new Complaint(
        `The file "${file}" is already used as ${was} column file and cannot be used by as ${wanted} column file.`,
      );
    }
    known.description += `, ${user}`;
    known.isAcl ||= use.output === null;
    const isKnown = known.uses.some(
      (one) => one.match === use.match && one.ignoreCase === use.ignoreCase && one.output === use.output,
    );
    if (!isKnown) known.uses.push(use);
    return known;
  }

  /** Notes the patterns of an ACL line itself. `id` by `-u`; null: counted. */
  addOwn(
    id: number | null,
    criterion: string,
    use: PatternUse,
    entries: readonly PatternEntryPlan[],
    { file, line }: Position,
  ): PatternListDraft {
    const description = `acl '${criterion}' file '${file}' line ${line}`;
    const list = {
      id: id ?? -1,
      file: null,
      isAcl: true,
      isMap: false,
      description,
      uses: [use],
      entries: [...entries],
    };
    if (id !== null) this.#taken.add(id);
    this.#all.push(list);
    return list;
  }

  /** Whether `-u` has given that number away. */
  isTaken(id: number): boolean {
    return this.#taken.has(id);
  }

  /** Gives a number to each list that has none, and sorts them by it. */
  numbered(): readonly PatternListPlan[] {
    let next = 0;
    for (const list of this.#all) {
      if (list.id !== -1) continue;
      while (this.#taken.has(next)) next += 1;
      list.id = next++;
    }
    return this.#all.toSorted((left, right) => left.id - right.id);
  }
}

/** How HAProxy shows a number with its operator: `gt 100` as `101:`; of ranges, without it. */
export function shownRange(pattern: string): string {
  const [, operator, digits = ""] = /^(ge|gt|le|lt) (.*)$/.exec(pattern) ?? [];
  if (operator !== undefined && !/^-?[0-9]+$/.test(digits)) return digits;
  switch (operator) {
    case "ge":
      return `${digits}:`;
    case "gt":
      return `${BigInt(digits) + 1n}:`;
    case "le":
      return `:${digits}`;
    case "lt":
      return `:${BigInt(digits) - 1n}`;
    default:
      return pattern;
  }
}
