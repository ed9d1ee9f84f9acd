/** What sessions do to the entries that they track. */
import { expect, test } from "bun:test";
import {
  addToSlot,
  count,
  countBytes,
  countRequest,
  countStatus,
  countsBytes,
  countSession,
  releaseTracked,
  setInSlot,
  track,
  type Tracked,
} from "../../../../src/rules/stick/tracking.ts";
import { readStore, type StoreName } from "../../../../src/rules/stick/stores.ts";
import { tablePlan, tables } from "../session.ts";

function tracking(...stores: readonly string[]) {
  const table = tables([tablePlan(stores)]).get("t");
  if (table === undefined) throw new Error("no table");
  const tracked: Tracked = [];
  track(tracked, 1, table, "10.0.0.1");
  const figure = (name: StoreName, index = 0): number | undefined => {
    const [entry, store] = [table.find("10.0.0.1"), table.store(name)];
    return entry === undefined || store === undefined ? undefined : readStore(store, entry.counters, 0, index);
  };
  return { table, tracked, figure };
}

test("requests, and whose fault it was that one failed", () => {
  const names = [
    "http_req_cnt",
    "http_err_cnt",
    "http_fail_cnt",
    "http_req_rate",
    "http_err_rate",
    "http_fail_rate",
  ] as const;
  const { tracked, figure } = tracking(...names.map((name) => (name.endsWith("_rate") ? `${name}(1000)` : name)));
  const figures = (): unknown[] => names.map((name) => figure(name));
  countRequest(tracked);
  expect(figures()).toEqual([1, 0, 0, 1, 0, 0]);
  for (const status of [200, 302, 399, 501, 505, 600, -1]) countStatus(tracked, status);
  expect(figures()).toEqual([1, 0, 0, 1, 0, 0]);
  for (const status of [400, 404, 499]) countStatus(tracked, status);
  for (const status of [500, 503]) countStatus(tracked, status);
  expect(figures()).toEqual([1, 3, 2, 1, 3, 2]);
});

test("what no table stores is not counted", () => {
  const { tracked, figure } = tracking("conn_cnt");
  countRequest(tracked);
  countStatus(tracked, 404);
  expect([figure("conn_cnt"), figure("http_req_cnt")]).toEqual([1, undefined]);
});

test("a slot that is taken stays with its entry", () => {
  const { table, tracked, figure } = tracking("conn_cnt", "conn_cur");
  track(tracked, 1, table, "10.0.0.2");
  expect([figure("conn_cnt"), figure("conn_cur"), table.find("10.0.0.2")]).toEqual([1, 1, undefined]);
  track(tracked, 0, table, "10.0.0.1");
  expect([figure("conn_cnt"), figure("conn_cur"), table.find("10.0.0.1")?.references]).toEqual([2, 2, 2]);
});

test("at the end what was tracked is given back, each once", () => {
  const { table, tracked, figure } = tracking("conn_cnt", "conn_cur");
  track(tracked, 0, table, "10.0.0.1");
  releaseTracked(tracked);
  expect([figure("conn_cnt"), figure("conn_cur"), table.find("10.0.0.1")?.references]).toEqual([2, 0, 0]);
  expect(tracked).toEqual([]);
});

test("sessions and bytes count where the table stores them", () => {
  const { tracked, figure } = tracking("sess_cnt", "bytes_in_cnt");
  countSession(tracked);
  countBytes(tracked, 5, 7);
  countBytes(tracked, 2, 0);
  expect([figure("sess_cnt"), figure("bytes_in_cnt"), figure("bytes_out_cnt")]).toEqual([1, 7, undefined]);
  expect([tracked, tracking("conn_cnt").tracked, []].map(countsBytes)).toEqual([true, false, false]);
});

test("general counters by themselves and in an array", () => {
  const alone = tracking("gpc0", "gpc1");
  addToSlot(alone.tracked, 1, 1, 4);
  addToSlot(alone.tracked, 0, 0, 4);
  expect([alone.figure("gpc0"), alone.figure("gpc1")]).toEqual([0, 4]);
  const array = tracking("gpc(3)", "gpt(2)");
  addToSlot(array.tracked, 1, 2, 4);
  addToSlot(array.tracked, 1, 3, 4);
  setInSlot(array.tracked, 1, 1, -1);
  setInSlot(array.tracked, 1, 2, 9);
  expect([0, 1, 2].map((index) => array.figure("gpc", index))).toEqual([0, 0, 4]);
  expect([0, 1].map((index) => array.figure("gpt", index))).toEqual([0, 4294967295]);
});

test("what a table does not store is not counted", () => {
  const entry = tracking("conn_cnt").tracked.find((one) => one !== undefined);
  if (entry === undefined) throw new Error("nothing is tracked");
  expect([count(entry, "sess_cnt", 1), count(entry, "conn_cnt", 1), count(entry, "conn_cnt", 1, 1)]).toEqual([
    false,
    true,
    false,
  ]);
});
