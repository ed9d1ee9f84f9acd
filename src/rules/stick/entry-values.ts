/** What can be read from, or done to, an entry's counters by name: the one list behind `sc_X`, `src_X` and `table_X`. */
import type { Sample } from "../context.ts";
import { sint } from "../value/sample.ts";
import { readStore, type StoreName } from "./stores.ts";
import type { StickEntry } from "./table.ts";
import { addToGpc, count } from "./tracking.ts";
import { wordTable } from "../../word-table.ts";

/** Undefined when the entry's table does not store it. `index` for the arrays. */
export type StickValue = (entry: StickEntry, index: number) => Sample | undefined;

/** The present figure under the first of these names that the table stores. */
function figure(entry: StickEntry, index: number, names: readonly StoreName[]): number | undefined {
  for (const name of names) {
    const store = entry.table.store(name);
    if (store !== undefined && index < store.count) {
      return readStore(store, entry.counters, entry.table.nowMs, index);
    }
  }
  return undefined;
}

function read(...names: readonly StoreName[]): StickValue {
  return (entry, index) => {
    const value = figure(entry, index, names);
    return value === undefined ? undefined : sint(value);
  };
}

/** `gpc1` may also be element 1 of the array `gpc`, and so on. */
function readElement(alone: StoreName, array: StoreName, element: number): StickValue {
  return (entry) => {
    const value = figure(entry, 0, [alone]) ?? figure(entry, element, [array]);
    return value === undefined ? undefined : sint(value);
  };
}

function kilobytes(name: StoreName): StickValue {
  return (entry) => {
    const value = figure(entry, 0, [name]);
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
  return figure(entry, index, ["gpc"]) ?? (index < 2 ? figure(entry, 0, [index === 0 ? "gpc0" : "gpc1"]) : undefined);
}

/** Values that only look. */
export const stickReaders = wordTable<StickValue>({
  bytes_in_rate: read("bytes_in_rate"),
  bytes_out_rate: read("bytes_out_rate"),
  conn_cnt: read("conn_cnt"),
  conn_cur: read("conn_cur"),
  conn_rate: read("conn_rate"),
  gpc0: readElement("gpc0", "gpc", 0),
  gpc1: readElement("gpc1", "gpc", 1),
  gpc: read("gpc"),
  gpc0_rate: readElement("gpc0_rate", "gpc_rate", 0),
  gpc1_rate: readElement("gpc1_rate", "gpc_rate", 1),
  gpc_rate: read("gpc_rate"),
  gpt0: readElement("gpt0", "gpt", 0),
  gpt: read("gpt"),
  http_err_cnt: read("http_err_cnt"),
  http_err_rate: read("http_err_rate"),
  http_fail_cnt: read("http_fail_cnt"),
  http_fail_rate: read("http_fail_rate"),
  http_req_cnt: read("http_req_cnt"),
  http_req_rate: read("http_req_rate"),
  kbytes_in: kilobytes("bytes_in_cnt"),
  kbytes_out: kilobytes("bytes_out_cnt"),
  server_id: (entry) => sint(entry.serverId),
  sess_cnt: read("sess_cnt"),
  sess_rate: read("sess_rate"),
  trackers: (entry) => sint(entry.references),
});

/** Values that change what they read; the entry is made first where there is none (`src_` forms). */
export const stickWriters = wordTable<StickValue>({
  inc_gpc0: increment(0),
  inc_gpc1: increment(1),
  inc_gpc: increment(null),
  clr_gpc0: clear(0),
  clr_gpc1: clear(1),
  clr_gpc: clear(null),
  updt_conn_cnt: (entry) => {
    count(entry, "conn_cnt", 1);
    entry.table.touch(entry);
    return figure(entry, 0, ["conn_cnt"]) === undefined ? undefined : read("conn_cnt")(entry, 0);
  },
});

/** Names that take an index before everything else. */
export const indexedValues: ReadonlySet<string> = new Set(["gpc", "gpc_rate", "gpt", "inc_gpc", "clr_gpc"]);
