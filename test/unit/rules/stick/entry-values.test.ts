/** What fetches and converters read of an entry, and what some of them change. */
import { expect, test } from "bun:test";
import { entryValues } from "../../../../src/rules/stick/entry-values.ts";
import { count } from "../../../../src/rules/stick/tracking.ts";
import type { StickEntry } from "../../../../src/rules/stick/table.ts";
import { tablePlan, tables } from "../session.ts";

function entryOf(...stores: readonly string[]): StickEntry {
  const entry = tables([tablePlan(stores)])
    .get("t")
    ?.findOrCreate("10.0.0.1");
  if (entry === undefined) throw new Error("no entry");
  return entry;
}

const read = (entry: StickEntry, fetch: string, index = 0): unknown =>
  entryValues.find((row) => row.fetch === fetch)?.value(entry, index)?.value;

test("a figure is there where it is stored", () => {
  const entry = entryOf("conn_cnt", "bytes_in_cnt", "gpc(2)");
  count(entry, "conn_cnt", 3);
  count(entry, "bytes_in_cnt", 2047);
  count(entry, "gpc", 5, 1);
  expect(["conn_cnt", "kbytes_in", "sess_cnt"].map((name) => read(entry, name))).toEqual([3n, 1n, undefined]);
  expect([0, 1, 2].map((index) => read(entry, "get_gpc", index))).toEqual([0n, 5n, undefined]);
});

test("gpc1 may be element 1 of the array", () => {
  const entry = entryOf("gpc(2)");
  count(entry, "gpc", 5, 1);
  expect(read(entry, "get_gpc1")).toBe(5n);
});

test("what is counted gives the new value, what is cleared the one before", () => {
  const entry = entryOf("gpc0", "gpc1");
  expect([read(entry, "inc_gpc1"), read(entry, "inc_gpc1"), read(entry, "get_gpc0")]).toEqual([1n, 2n, 0n]);
  expect([read(entry, "clr_gpc1"), read(entry, "get_gpc1")]).toEqual([2n, 0n]);
  const array = entryOf("gpc(3)");
  expect([read(array, "inc_gpc", 2), read(array, "clr_gpc", 2), read(array, "get_gpc", 2)]).toEqual([1n, 1n, 0n]);
});

test("only its rate is stored: what is counted gives 0", () => {
  expect(read(entryOf("gpc0_rate(1000)"), "inc_gpc0")).toBe(0n);
});

test("connections counted by a rule, and how many track an entry", () => {
  const entry = entryOf("conn_cnt");
  expect([read(entry, "updt_conn_cnt"), read(entry, "updt_conn_cnt"), read(entry, "trackers")]).toEqual([1n, 2n, 0n]);
});
