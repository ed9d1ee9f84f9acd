/** `sc_X`, `sc0_X` to `sc2_X` and `src_X`: counters of what a session tracks, or of its source address. */
import type { SampleArgument } from "../../plan/rules/sample.ts";
import { hasArgument, numberArgument, tableArgument } from "../samples/arguments.ts";
import type { SampleContext } from "../context.ts";
import { fetch, type FetchCompiler, type FetchRow, type CompileContext } from "../samples/rows.ts";
import { hostSample } from "./connection.ts";
import { bool, sint } from "../value/sample.ts";
import type { StickEntry } from "../stick/table.ts";
import { entryValues, type EntryValueRow, type StickValue } from "../stick/entry-values.ts";

/** "untracked": the slot is free. Undefined: tracked, but the key is not in the table asked for. */
type FindEntry = (context: SampleContext) => StickEntry | undefined | "untracked";

/** The entry of a slot, or the one under the same key in another table. */
function slotEntry(slot: number, args: readonly SampleArgument[], tableAt: number, within: CompileContext): FindEntry {
  if (!hasArgument(args, tableAt)) return (context) => context.tracked[slot] ?? "untracked";
  const tableFor = tableArgument(args, tableAt, within);
  return (context) => {
    const entry = context.tracked[slot];
    if (entry === undefined) return "untracked";
    const table = tableFor(context);
    return table === entry.table ? entry : table?.find(entry.key);
  };
}

function ofSlotEntry(slot: number | null, value: StickValue, isIndexed: boolean): FetchCompiler {
  return (args, within) => {
    const slotAt = isIndexed ? 1 : 0;
    const index = isIndexed ? numberArgument(args, 0) : 0;
    const find = slotEntry(slot ?? numberArgument(args, slotAt), args, slot === null ? slotAt + 1 : slotAt, within);
    return (context) => {
      const entry = find(context);
      if (entry === "untracked") return undefined;
      return entry === undefined ? sint(0) : value(entry, index);
    };
  };
}

function isTracked(slot: number | null): FetchCompiler {
  return (args) => {
    const at = slot ?? numberArgument(args, 0);
    return (context) => bool(context.tracked[at] !== undefined);
  };
}

function ofSourceEntry(value: StickValue, isIndexed: boolean, creates: boolean): FetchCompiler {
  return (args, within) => {
    const tableFor = tableArgument(args, isIndexed ? 1 : 0, within);
    const index = isIndexed ? numberArgument(args, 0) : 0;
    return (context) => {
      const table = tableFor(context);
      const source = hostSample(context.source);
      const key = source === undefined ? undefined : table?.keyOf(source);
      if (table === undefined || key === undefined) return undefined;
      const entry = creates ? table.findOrCreate(key) : table.find(key);
      if (entry === undefined) return creates ? undefined : sint(0);
      return value(entry, index);
    };
  };
}

/** `sc_X(slot,…)`, `sc0_X` to `sc2_X`, and `src_X`. The index of an array stands before the slot: `sc_get_gpc(index,slot)`. */
function fetchesOf({ fetch: name, ofSlot, ofSource, isIndexed, writes, value }: EntryValueRow): FetchRow[] {
  if (name === null) return [];
  const index = isIndexed ? "integer," : "";
  const alone = isIndexed ? "integer[,table]" : "[table]";
  const slots = [0, 1, 2].map((slot) =>
    fetch(`sc${slot}_${name}(${alone}): sint`, "internal", ofSlotEntry(slot, value, isIndexed)),
  );
  return [
    ...(ofSlot
      ? [fetch(`sc_${name}(${index}integer[,table]): sint`, "internal", ofSlotEntry(null, value, isIndexed)), ...slots]
      : []),
    ...(ofSource ? [fetch(`src_${name}(${index}table): sint`, "client", ofSourceEntry(value, isIndexed, writes))] : []),
  ];
}

/** The fetches of this file. */
export const counterFetches: readonly FetchRow[] = [
  ...entryValues.flatMap(fetchesOf),
  fetch("sc_tracked(integer[,table]): bool", "internal", isTracked(null)),
  ...[0, 1, 2].map((slot) => fetch(`sc${slot}_tracked([table]): bool`, "internal", isTracked(slot))),
];
