/** What can be read from, or done to, an entry by name: one row each, behind `sc_X`, `src_X` and `table_X`. */
import { type Sample, sint } from "../value/sample.ts";
import { isArray, readStore, type StoreName, storeRows } from "./stores.ts";
import type { StickEntry } from "./table.ts";
import { addToGpc, count } from "./tracking.ts";

/** Undefined when the entry's table does not store it. `index` for the arrays. */
export type StickValue = (entry: StickEntry, index: number) => Sample | undefined;

/** One value, by the names that fetches and converters give it. */
export interface EntryValueRow {
  /** Behind `sc_`, `sc0_` to `sc2_` and `src_`. Null: no fetch gives it. */
  readonly fetch: string | null;
  /** Behind `table_`. Null: no converter gives it. */
  readonly converter: string | null;
  /** Whether there is a `src_` form, and whether there are `sc_` ones. */
  readonly ofSource: boolean;
  readonly ofSlot: boolean;
  /** Whether an index is given before everything else. */
  readonly isIndexed: boolean;
  /** Whether it changes what it reads: the `src_` form then makes the entry where there is none. */
  readonly writes: boolean;
  readonly value: StickValue;
}

/** The present figure under a name that the table stores. */
function figure(entry: StickEntry, index: number, name: StoreName): number | undefined {
  const store = entry.table.store(name);
  if (store === undefined || index >= store.count) return undefined;
  return readStore(store, entry.counters, entry.table.nowMs, index);
}

/** `gpc1` may also be element 1 of the array `gpc`, and so on. */
function read(name: StoreName, element?: { readonly of: StoreName; readonly index: number }): StickValue {
  return (entry, index) => {
    const alone = figure(entry, index, name);
    const value = alone === undefined && element !== undefined ? figure(entry, element.index, element.of) : alone;
    return value === undefined ? undefined : sint(value);
  };
}

function kilobytes(name: StoreName): StickValue {
  return (entry) => {
    const value = figure(entry, 0, name);
    return value === undefined ? undefined : sint(Math.floor(value / 1024));
  };
}

/** Counts one, and gives the new value: 0 when only its rate is stored. */
function increment(element: number | null): StickValue {
  return (entry, index) => {
    const at = element ?? index;
    addToGpc(entry, at, 1);
    return sint(gpc(entry, at) ?? 0);
  };
}

/** Sets to 0, and gives the value that was there. */
function clear(element: number | null): StickValue {
  return (entry, index) => {
    const at = element ?? index;
    const before = gpc(entry, at) ?? 0;
    const array = entry.table.store("gpc");
    const store = array ?? (at < 2 ? entry.table.store(at === 0 ? "gpc0" : "gpc1") : undefined);
    if (store !== undefined && (array === undefined || at < array.count)) {
      entry.counters[store.at + (array === undefined ? 0 : at)] = 0;
      entry.table.touch(entry);
    }
    return sint(before);
  };
}

function gpc(entry: StickEntry, index: number): number | undefined {
  return figure(entry, index, "gpc") ?? (index < 2 ? figure(entry, 0, index === 0 ? "gpc0" : "gpc1") : undefined);
}

function row(fetch: string | null, value: StickValue, more: Partial<EntryValueRow> = {}): EntryValueRow {
  return { fetch, converter: null, ofSource: true, ofSlot: true, isIndexed: false, writes: false, value, ...more };
}

/** What the stores give. */
const stored: readonly EntryValueRow[] = storeRows
  .filter(({ kind }) => kind !== "entry")
  .map(({ name, kind, element, isBytes = false, fetch = name, converter = name }) =>
    row(fetch, isBytes ? kilobytes(name) : read(name, element), { converter, isIndexed: isArray(kind) }),
  );

/** Those of the stores first, then what changes or counts an entry otherwise. */
export const entryValues: readonly EntryValueRow[] = [
  ...stored,
  row("inc_gpc0", increment(0), { writes: true }),
  row("inc_gpc1", increment(1), { writes: true }),
  row("inc_gpc", increment(null), { isIndexed: true, writes: true }),
  row("clr_gpc0", clear(0), { writes: true }),
  row("clr_gpc1", clear(1), { writes: true }),
  row("clr_gpc", clear(null), { isIndexed: true, writes: true }),
  row("updt_conn_cnt", updateConnections, { ofSlot: false, writes: true }),
  row("trackers", (entry) => sint(entry.references), { converter: "trackers", ofSource: false }),
  row(null, (entry) => sint(entry.serverId), { converter: "server_id" }),
];

function updateConnections(entry: StickEntry): Sample | undefined {
  count(entry, "conn_cnt", 1);
  entry.table.touch(entry);
  return read("conn_cnt")(entry, 0);
}
