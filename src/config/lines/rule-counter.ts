/** `track-sc0` and the `sc-…` actions: what rules do to stick counters. */
import type { Action } from "../../plan/rule.ts";
import type { SampleExpression } from "../../plan/sample.ts";
import { Complaint, prefixed } from "../text/complaint.ts";
import { takeValue, type ActionLine, type ActionReader, type RuleLayer } from "./rule-value.ts";
import { peek, textAt, type Cursor } from "../draft/section-scope.ts";
import type { Word } from "../text/statement.ts";

/** `track-scN KEY [table T]`. */
export function takeTracking(cursor: Cursor, line: ActionLine, written: Word): Action {
  return prefixed(`'${line.line} ${written.text}' : `, () => {
    const number = written.text.slice("track-sc".length);
    if (!/^[0-9]*$/.test(number)) throw new Complaint(`Wrong track-sc number '${number}'`, written);
    const slot = Number(number);
    const maxSlot = line.scope.stickCounters - 1;
    if (slot > maxSlot) {
      throw new Complaint(`${slot} track-sc number exceeding ${maxSlot} (MAX_SESS_STKCTR-1) value`, written);
    }
    const key = takeValue(cursor, line, "tracking rule");
    const table = takeTable(cursor, line, written.text);
    return { kind: "track-sc", slot, key, table };
  });
}

/** `table NAME`, noted as a reference either way; null when left out: the proxy's own. */
function takeTable(cursor: Cursor, line: ActionLine, rule: string): string | null {
  const { scope } = line;
  const { statement } = cursor;
  const isGiven = textAt(cursor) === "table";
  const word = isGiven ? (statement.words[cursor.index + 1] ?? peek(cursor)) : (statement.words[2] ?? null);
  const name = isGiven ? textAt(cursor, 1) : null;
  cursor.index += isGiven ? 2 : 0;
  scope.references.push({
    kind: "table",
    name,
    proxy: scope.name,
    argument: 0,
    by: rule,
    rule,
    position: { file: statement.file, line: statement.line },
    statement,
    word,
  });
  return name;
}

interface Target {
  readonly index: number;
  readonly slot: number;
}

/** What stands in the parentheses of `sc-inc-gpc(INDEX,SLOT)`; `what` is `gpc` or `gpt`. */
function takeIndexed(written: Word, what: "gpc" | "gpt", { scope }: ActionLine): Target {
  const maxSlot = scope.stickCounters - 1;
  const name = written.text.split("(", 1)[0] ?? "";
  const expects = `Expects ${name}(<${what.toUpperCase()} ID>,<Track ID>)`;
  const inside = /^[^(]*\((.*)$/.exec(written.text)?.[1];
  if (inside === undefined) throw new Complaint(`invalid ${what} ID '${written.text}'. ${expects}`, written);
  const parts = /^([0-9]*),(.*)$/.exec(inside);
  if (parts === null) throw new Complaint(`Missing ${what} ID '${written.text}'. ${expects}`, written);
  const [, index = "", rest = ""] = parts;
  const slot = /^([0-9]*)\)$/.exec(rest)?.[1];
  const start = `invalid stick table track ID '${written.text}'.`;
  if (slot === undefined) throw new Complaint(`${start} ${expects}`, written);
  if (Number(slot) > maxSlot) throw new Complaint(`${start} The max allowed ID is ${maxSlot}`, written);
  if (Number(index) > 99)
    throw new Complaint(`invalid ${what} ID '${written.text}'. The max allowed ID is 99`, written);
  return { index: Number(index), slot: Number(slot) };
}

/** What stands in the parentheses of `sc-inc-gpc0(SLOT)`; nothing at all is slot 0. */
function takeSlot(written: Word, isShown: boolean, { scope }: ActionLine): number {
  const maxSlot = scope.stickCounters - 1;
  const name = isShown ? (written.text.split("(", 1)[0] ?? "") : written.text;
  const start = isShown ? `invalid stick table track ID '${written.text}'.` : "invalid stick table track ID.";
  const parts = /^[a-z-]+[01](?:\(([0-9]*)\))?$/.exec(written.text);
  if (parts === null) throw new Complaint(`${start} Expects ${name}(<Track ID>)`, written);
  const slot = Number(parts[1] ?? "");
  if (slot > maxSlot) throw new Complaint(`${start} The max allowed ID is ${maxSlot}`, written);
  return slot;
}

/** A number, or an expression that gives one. Nothing at all is 0, as in HAProxy. */
function takeNumber(cursor: Cursor, line: ActionLine): number | SampleExpression {
  const word = peek(cursor);
  const text = word?.text ?? "";
  if (/^[0-9]*$/.test(text)) {
    if (word !== null) cursor.index += 1;
    return Number(text);
  }
  return takeValue(cursor, line, null);
}

const layers: readonly RuleLayer[] = ["connection", "session", "content", "response"];

function increments(index: number): ActionReader {
  return {
    layers,
    read: (_cursor, line, written) => ({ kind: "sc-inc-gpc", index, slot: takeSlot(written, false, line) }),
  };
}

/** The `sc-…` actions, by name. */
export const counterReaders: readonly (readonly [string, ActionReader])[] = [
  [
    "sc-inc-gpc",
    { layers, read: (_cursor, line, written) => ({ kind: "sc-inc-gpc", ...takeIndexed(written, "gpc", line) }) },
  ],
  ["sc-inc-gpc0", increments(0)],
  ["sc-inc-gpc1", increments(1)],
  [
    "sc-add-gpc",
    {
      layers,
      read: (cursor, line, written) => {
        const target = takeIndexed(written, "gpc", line);
        return { kind: "sc-add-gpc", ...target, value: takeNumber(cursor, line) };
      },
    },
  ],
  [
    "sc-set-gpt",
    {
      layers,
      read: (cursor, line, written) => {
        const target = takeIndexed(written, "gpt", line);
        return { kind: "sc-set-gpt", ...target, value: takeNumber(cursor, line) };
      },
    },
  ],
  [
    "sc-set-gpt0",
    {
      layers,
      read: (cursor, line, written) => {
        const slot = takeSlot(written, true, line);
        return { kind: "sc-set-gpt", index: 0, slot, value: takeNumber(cursor, line) };
      },
    },
  ],
];
