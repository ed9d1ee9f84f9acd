/** What a session does to the stick table entries it tracks, from `track-sc` to its end. */
import { addToStore, type StoreName } from "./stores.ts";
import type { StickEntry, StickKey, StickTable } from "./table.ts";

/** Slot to entry; undefined where a slot is free. */
export type Tracked = (StickEntry | undefined)[];

/** Adds to one of an entry's counters, if its table stores it; true if so. */
export function count(entry: StickEntry, name: StoreName, amount: number, index = 0): boolean {
  const store = entry.table.store(name);
  if (store === undefined || index >= store.count) return false;
  addToStore(store, entry.counters, entry.table.nowMs, amount, index);
  return true;
}

/** `track-sc`: makes or finds the entry and counts a connection. Does nothing when the slot is taken or the table full. */
export function track(tracked: Tracked, slot: number, table: StickTable, key: StickKey): void {
  if (tracked[slot] !== undefined) return;
  const entry = table.findOrCreate(key);
  if (entry === undefined) return;
  table.retain(entry);
  tracked[slot] = entry;
  count(entry, "conn_cur", 1);
  count(entry, "conn_cnt", 1);
  count(entry, "conn_rate", 1);
}

/** To be called once the connection and session rules have let a session pass: counts a session in what is tracked by then. */
export function countSession(tracked: Tracked): void {
  for (const entry of tracked) {
    if (entry === undefined) continue;
    count(entry, "sess_cnt", 1);
    count(entry, "sess_rate", 1);
    entry.table.touch(entry);
  }
}

/** To be called once an exchange's request has come, whatever it says: counts it in what is tracked by then. */
export function countRequest(tracked: Tracked): void {
  countBoth(tracked, "http_req_cnt", "http_req_rate");
}

/** The client's fault: a request that is none or was denied, or a server's 4xx. */
export function countError(tracked: Tracked): void {
  countBoth(tracked, "http_err_cnt", "http_err_rate");
}

/** The server's fault: no answer, one that is none, or a 5xx. */
export function countFailure(tracked: Tracked): void {
  countBoth(tracked, "http_fail_cnt", "http_fail_rate");
}

/** A server's answer, by its status: 501 and 505 say what the server can do, and nothing of how it is. */
export function countStatus(tracked: Tracked, status: number): void {
  if (status >= 400 && status < 500) countError(tracked);
  else if (status >= 500 && status < 600 && status !== 501 && status !== 505) countFailure(tracked);
}

function countBoth(tracked: Tracked, total: StoreName, rate: StoreName): void {
  for (const entry of tracked) {
    if (entry === undefined) continue;
    const isStored = count(entry, total, 1);
    if (count(entry, rate, 1) || isStored) entry.table.touch(entry);
  }
}

/** Adds bytes moved since the last call. */
export function countBytes(tracked: Tracked, bytesIn: number, bytesOut: number): void {
  for (const entry of tracked) {
    if (entry === undefined) continue;
    if (bytesIn > 0) {
      count(entry, "bytes_in_cnt", bytesIn);
      count(entry, "bytes_in_rate", bytesIn);
    }
    if (bytesOut > 0) {
      count(entry, "bytes_out_cnt", bytesOut);
      count(entry, "bytes_out_rate", bytesOut);
    }
  }
}

/** Whether bytes are worth counting: some table of what is tracked stores them. */
export function countsBytes(tracked: Tracked): boolean {
  return tracked.some(
    (entry) => entry !== undefined && byteStores.some((name) => entry.table.store(name) !== undefined),
  );
}

const byteStores = ["bytes_in_cnt", "bytes_in_rate", "bytes_out_cnt", "bytes_out_rate"] as const;

/** To be called once at a session's end, however it ends: nothing is tracked any more. */
export function releaseTracked(tracked: Tracked): void {
  const entry = tracked.pop();
  if (entry === undefined) {
    if (tracked.length > 0) releaseTracked(tracked);
    return;
  }
  try {
    const current = entry.table.store("conn_cur");
    if (current !== undefined && entry.counters[current.at]! > 0) entry.counters[current.at]!--;
  } finally {
    try {
      entry.table.release(entry);
    } finally {
      // Whatever becomes of one, the others are released as well.
      if (tracked.length > 0) releaseTracked(tracked);
    }
  }
}

/** `sc-inc-gpc`, `sc-add-gpc`: adds to a general purpose counter of what a slot tracks, and to its rate. */
export function addToSlot(tracked: Tracked, slot: number, index: number, amount: number): void {
  const entry = tracked[slot];
  if (entry !== undefined) addToGpc(entry, index, amount);
}

/** Adds to general purpose counter `index`, stored as an array or, for 0 and 1, by itself; true if it is stored. */
export function addToGpc(entry: StickEntry, index: number, amount: number): boolean {
  const rate = count(entry, "gpc_rate", amount, index) || (index < 2 && count(entry, gpcRates[index]!, amount));
  const total = count(entry, "gpc", amount, index) || (index < 2 && count(entry, gpcs[index]!, amount));
  entry.table.touch(entry);
  return rate || total;
}

const gpcs = ["gpc0", "gpc1"] as const;
const gpcRates = ["gpc0_rate", "gpc1_rate"] as const;

/** `sc-set-gpt`: sets a general purpose tag of what a slot tracks. */
export function setInSlot(tracked: Tracked, slot: number, index: number, value: number): void {
  const entry = tracked[slot];
  if (entry === undefined) return;
  const store = entry.table.store("gpt") ?? (index === 0 ? entry.table.store("gpt0") : undefined);
  if (store === undefined || index >= store.count) return;
  entry.counters[store.at + index] = value >>> 0;
  entry.table.touch(entry);
}
