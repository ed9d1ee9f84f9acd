/** What a stick table can store with a key: one row each, how it is kept in an entry's row of numbers, and how it is read. */
import type { StickTablePlan } from "../../plan/rules/rule.ts";
import { addToRate, freshRate, rateSlots, readRate } from "./rate.ts";

/**
 * How a store is kept: "plain" as a count, "rate" over a period, and arrays of either; "entry" by the entry itself, outside its
 * row of numbers.
 */
export type StoreKind = "plain" | "rate" | "array" | "array-rate" | "entry";

interface StoreRow {
  readonly name: string;
  readonly kind: StoreKind;
  /** The array that it is an element of where that is stored instead, and which one. */
  readonly element?: { readonly of: string; readonly index: number };
  /** Bytes, which do not wrap at 32 bits, and which rules are given by the kilobyte. */
  readonly isBytes?: true;
  /** What fetches (behind `sc_`, `src_`) and converters (behind `table_`) call it where not by its name. */
  readonly fetch?: string;
  readonly converter?: string;
}

const rows = [
  { name: "server_id", kind: "entry" },
  { name: "gpt0", kind: "plain", fetch: "get_gpt0", element: { of: "gpt", index: 0 } },
  { name: "gpc0", kind: "plain", fetch: "get_gpc0", element: { of: "gpc", index: 0 } },
  { name: "gpc0_rate", kind: "rate", element: { of: "gpc_rate", index: 0 } },
  { name: "conn_cnt", kind: "plain" },
  { name: "conn_rate", kind: "rate" },
  { name: "conn_cur", kind: "plain" },
  { name: "sess_cnt", kind: "plain" },
  { name: "sess_rate", kind: "rate" },
  { name: "http_req_cnt", kind: "plain" },
  { name: "http_req_rate", kind: "rate" },
  { name: "http_err_cnt", kind: "plain" },
  { name: "http_err_rate", kind: "rate" },
  { name: "bytes_in_cnt", kind: "plain", isBytes: true, fetch: "kbytes_in", converter: "kbytes_in" },
  { name: "bytes_in_rate", kind: "rate" },
  { name: "bytes_out_cnt", kind: "plain", isBytes: true, fetch: "kbytes_out", converter: "kbytes_out" },
  { name: "bytes_out_rate", kind: "rate" },
  { name: "gpc1", kind: "plain", fetch: "get_gpc1", element: { of: "gpc", index: 1 } },
  { name: "gpc1_rate", kind: "rate", element: { of: "gpc_rate", index: 1 } },
  { name: "server_key", kind: "entry" },
  { name: "http_fail_cnt", kind: "plain" },
  { name: "http_fail_rate", kind: "rate" },
  { name: "gpt", kind: "array", fetch: "get_gpt" },
  { name: "gpc", kind: "array", fetch: "get_gpc" },
  { name: "gpc_rate", kind: "array-rate" },
] as const satisfies readonly StoreRow[];

/** A word of `store`. */
export type StoreName = (typeof rows)[number]["name"];

/** A row whose names are those of stores. */
interface NamedStoreRow extends StoreRow {
  readonly name: StoreName;
  readonly element?: { readonly of: StoreName; readonly index: number };
}

/** All stores, in the order in which `show table` lists them. */
export const storeRows: readonly NamedStoreRow[] = rows;

const byName: ReadonlyMap<string, NamedStoreRow> = new Map(storeRows.map((row) => [row.name, row]));

/** How a store is kept; undefined: there is none of that name. */
export function storeKind(name: string): StoreKind | undefined {
  return byName.get(name)?.kind;
}

/** Whether a store holds several elements, chosen by an index. */
export function isArray(kind: StoreKind): boolean {
  return kind === "array" || kind === "array-rate";
}

/** Whether a store counts events over a period. */
export function isRate(kind: StoreKind): boolean {
  return kind === "rate" || kind === "array-rate";
}

/** The array and the index that an element's name (`gpc1`, `gpc1_rate`) means; null: no array has such elements. */
export function elementNamed(name: string): { readonly array: StoreName; readonly index: number } | null {
  const [, start = "", digits = "", end = ""] = /^([a-z_]+)([0-9]+)(_rate)?$/.exec(name) ?? [];
  const row = byName.get(start + end);
  return row !== undefined && isArray(row.kind) ? { array: row.name, index: Number(digits) } : null;
}

/** Where one stored thing stands in an entry's numbers. `count` of an array's elements, 1 for everything else. */
export interface Store {
  readonly name: StoreName;
  readonly at: number;
  /** Slots that one element takes. */
  readonly width: number;
  readonly count: number;
  /** 0 for what is not a rate. */
  readonly periodMs: number;
  readonly isBytes: boolean;
  /** What `show table` calls each element. */
  readonly shown: readonly string[];
  /** Whether it is shown behind the server's name. */
  readonly isBehindServerKey: boolean;
}

/** What one table stores, by name, and the numbers of an entry without any event. */
export interface Layout {
  readonly stores: { readonly [name in StoreName]?: Store };
  readonly fresh: readonly number[];
}

/** Lays a table's `store` words out. Arrays (`gpc`, `gpt`, `gpc_rate`) take as many slots as they have elements. */
export function layOut(plan: StickTablePlan): Layout {
  const stores: { [name in StoreName]?: Store } = {};
  const fresh: number[] = [];
  let isBehindServerKey = false;
  for (const { name, kind, isBytes = false } of storeRows) {
    isBehindServerKey ||= name === "server_key";
    const wanted = plan.stores.find((store) => store.name === name);
    if (wanted === undefined || kind === "entry") continue;
    const count = isArray(kind) ? Math.max(1, wanted.count) : 1;
    const width = isRate(kind) ? rateSlots : 1;
    const shown = Array.from({ length: count }, (_, index) => shownName(name, kind, index));
    const { periodMs } = wanted;
    stores[name] = { name, at: fresh.length, width, count, periodMs, isBytes, shown, isBehindServerKey };
    for (let element = 0; element < count; element++) fresh.push(...(isRate(kind) ? freshRate : [0]));
  }
  return { stores, fresh };
}

/** `gpc1` and `gpc1_rate` for elements of arrays. */
function shownName(name: StoreName, kind: StoreKind, index: number): string {
  return isArray(kind) ? name.replace(/(?=_rate$)|$/, String(index)) : name;
}

/** The present value of one element: a count, or events over the period. */
export function readStore(store: Store, counters: readonly number[], nowMs: number, index = 0): number {
  const at = store.at + index * store.width;
  return store.width === 1 ? counters[at]! : readRate(counters, at, store.periodMs, nowMs);
}

/** Adds to one element; counts wrap at 32 bits as HAProxy's do, bytes at 2^53. */
export function addToStore(store: Store, counters: number[], nowMs: number, amount: number, index = 0): void {
  const at = store.at + index * store.width;
  if (store.width !== 1) addToRate(counters, at, store.periodMs, nowMs, amount);
  else if (store.isBytes) counters[at]! += amount;
  else counters[at] = (counters[at]! + amount) >>> 0;
}

/** Replaces one element's value; a rate then has had `value` events in the window before, as `set table` does. */
export function writeStore(store: Store, counters: number[], nowMs: number, value: number, index = 0): void {
  const at = store.at + index * store.width;
  counters[at] = store.width === 1 ? value : nowMs;
  if (store.width === 1) return;
  counters[at + 1] = 0;
  counters[at + 2] = value;
}
