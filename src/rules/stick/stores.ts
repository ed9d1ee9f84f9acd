/** What a stick table can store with a key: names, how each is kept in an entry's row of numbers, and how it is read. */
import type { StickTablePlan } from "../../plan/stick.ts";
import { addToRate, freshRate, rateSlots, readRate } from "./rate.ts";

/** In the order in which `show table` lists them. */
export const storeNames = [
  "server_id",
  "gpt0",
  "gpc0",
  "gpc0_rate",
  "conn_cnt",
  "conn_rate",
  "conn_cur",
  "sess_cnt",
  "sess_rate",
  "http_req_cnt",
  "http_req_rate",
  "http_err_cnt",
  "http_err_rate",
  "bytes_in_cnt",
  "bytes_in_rate",
  "bytes_out_cnt",
  "bytes_out_rate",
  "gpc1",
  "gpc1_rate",
  "server_key",
  "http_fail_cnt",
  "http_fail_rate",
  "gpt",
  "gpc",
  "gpc_rate",
] as const;

export type StoreName = (typeof storeNames)[number];

/** Where one stored thing stands in an entry's numbers. `count` of an array's elements, 1 for everything else. */
export interface Store {
  readonly name: StoreName;
  readonly at: number;
  /** Slots that one element takes. */
  readonly width: number;
  readonly count: number;
  /** 0 for what is not a rate. */
  readonly periodMs: number;
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
  for (const name of storeNames) {
    const wanted = plan.stores.find((store) => store.name === name);
    if (wanted === undefined || name === "server_key" || name === "server_id") continue;
    const isRate = name.endsWith("_rate");
    const count = Math.max(1, isArray(name) ? wanted.count : 1);
    stores[name] = { name, at: fresh.length, width: isRate ? rateSlots : 1, count, periodMs: wanted.periodMs };
    for (let element = 0; element < count; element++) fresh.push(...(isRate ? freshRate : [0]));
  }
  return { stores, fresh };
}

/** Whether a store holds several elements, chosen by an index. */
export function isArray(name: string): boolean {
  return name === "gpc" || name === "gpt" || name === "gpc_rate";
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
  else if (store.name === "bytes_in_cnt" || store.name === "bytes_out_cnt") counters[at]! += amount;
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
