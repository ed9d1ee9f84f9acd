/** Keywords of the `global` section without effect that have all but their names in common. */
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { anyWords, text, words, type WordsSchema } from "../../row/value.ts";

const { idle } = rowsOf<Draft>("global");

/** Keywords and what holds for each of them. */
export interface IdleGroup {
  readonly names: readonly string[];
  readonly reason: string;
  readonly help: string;
  readonly usage?: string;
  readonly tier?: "A" | "B" | "C" | null;
  /** Said when the first word is missing; left out where words are not looked at. */
  readonly missing?: (name: string) => string;
  /** Only a keyword, no words. */
  readonly bare?: boolean;
  readonly negatable?: boolean;
}

/** What HAProxy says where a number is missing. */
export const aNumber = (name: string): string => `'${name}' expects an integer argument.`;

/** The first word after the keyword; "" where there is none. */
export const firstWord = (line: Line): string => line.words[0]?.text ?? "";

/** A check of a switch in HAProxy's words. Throws a Complaint. */
export function onOrOff(line: Line): void {
  const got = firstWord(line);
  if (got === "on" || got === "off") return;
  const text = `'${line.keyword.text}' expects either 'on' or 'off' but got '${got}'.`;
  throw new Complaint(text, line.words[0] ?? line.keyword);
}

/** A row for each name. */
export function groupRows(groups: readonly IdleGroup[]): Row<Draft>[] {
  return groups.flatMap((group) => group.names.map((name) => groupRow(name, group)));
}

function groupRow(name: string, group: IdleGroup): Row<Draft> {
  const schema: WordsSchema =
    group.bare === true
      ? words(name, [])
      : group.missing === undefined
        ? anyWords()
        : words(name, [text(group.missing(name))]);
  return idle(name, {
    usage: group.usage ?? "",
    tier: group.tier ?? null,
    help: group.help,
    reason: group.reason,
    negatable: group.negatable ?? false,
    words: schema,
  });
}
