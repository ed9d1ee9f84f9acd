/** `sc_X`, `sc0_X` to `sc2_X` and `src_X`: counters of what a session tracks, or of its source address. */
import type { SampleArgument } from "../../plan/sample.ts";
import { hasArgument, numberArgument, tableArgument } from "../samples/arguments.ts";
import type { SampleContext } from "../context.ts";
import type { FetchCompiler, Scope } from "../expression.ts";
import { hostSample } from "./connection.ts";
import { bool, sint } from "../value/sample.ts";
import type { StickEntry } from "../stick/table.ts";
import { indexedValues, stickReaders, stickWriters, type StickValue } from "../stick/entry-values.ts";

/** "untracked": the slot is free. Undefined: tracked, but the key is not in the table asked for. */
type FindEntry = (context: SampleContext) => StickEntry | undefined | "untracked";

/** The entry of a slot, or the one under the same key in another table. */
function slotEntry(slot: number, args: readonly SampleArgument[], tableAt: number, scope: Scope): FindEntry {
  if (!hasArgument(args, tableAt)) return (context) => context.tracked[slot] ?? "untracked";
  const tableFor = tableArgument(args, tableAt, scope);
  return (context) => {
    const entry = context.tracked[slot];
    if (entry === undefined) return "untracked";
    const table = tableFor(context);
    return table === entry.table ? entry : table?.find(entry.key);
  };
}

function ofSlot(slot: number | null, value: StickValue, isIndexed: boolean): FetchCompiler {
  return (args, scope) => {
    const slotAt = isIndexed ? 1 : 0;
    const index = isIndexed ? numberArgument(args, 0) : 0;
    const find = slotEntry(slot ?? numberArgument(args, slotAt), args, slot === null ? slotAt + 1 : slotAt, scope);
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

function ofSource(value: StickValue, isIndexed: boolean, creates: boolean): FetchCompiler {
  return (args, scope) => {
    const tableFor = tableArgument(args, isIndexed ? 1 : 0, scope);
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

/** In fetches, gpc and gpt are `get_gpc0`, `get_gpt`, … */
function fetchName(name: string): string {
  return /^gp[ct][01]?$/.test(name) ? `get_${name}` : name;
}

function allStickFetches(): ReadonlyMap<string, FetchCompiler> {
  const all = new Map<string, FetchCompiler>();
  const slots: [string, number | null][] = [
    ["sc", null],
    ["sc0", 0],
    ["sc1", 1],
    ["sc2", 2],
  ];
  for (const [prefix, slot] of slots) all.set(`${prefix}_tracked`, isTracked(slot));
  for (const [name, value] of [...stickReaders, ...stickWriters]) {
    const isIndexed = indexedValues.has(name);
    const creates = stickWriters.has(name);
    if (name === "server_id") continue;
    if (name !== "trackers") all.set(`src_${fetchName(name)}`, ofSource(value, isIndexed, creates));
    if (name === "updt_conn_cnt") continue;
    for (const [prefix, slot] of slots) all.set(`${prefix}_${fetchName(name)}`, ofSlot(slot, value, isIndexed));
  }
  return all;
}

export const stickFetches: ReadonlyMap<string, FetchCompiler> = allStickFetches();
