/** Mismatches are counted by place, and one of a place is due once a minute. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { HeaderMismatches } from "../../../../src/proxy/process/header-mismatches.ts";

let nowMs = 1000;
let clock: ReturnType<typeof spyOn> | null = null;
beforeEach(() => {
  clock = spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => clock?.mockRestore());

test("each place is told of once a minute, and counted every time", () => {
  const mismatches = new HeaderMismatches();
  const note = (name: string): boolean => mismatches.note("server", "be", name, "refused");
  expect([note("a"), note("a"), note("b")]).toEqual([true, false, true]);
  nowMs += 59_999;
  expect(note("a")).toBe(false);
  nowMs += 1;
  expect(note("a")).toBe(true);
  expect(mismatches.note("server", "be", "a", "ended")).toBe(false);
  expect(mismatches.note("listener", "be", "a", "missing")).toBe(true);
  expect([...mismatches.all()].map(({ name, mismatch, count }) => `${name} ${mismatch} ${count}`)).toEqual([
    "a refused 4",
    "a ended 1",
    "b refused 1",
    "a missing 1",
  ]);
});

test("places are bounded: the oldest go", () => {
  const mismatches = new HeaderMismatches();
  for (let at = 0; at < 1100; at++) mismatches.note("listener", "fe", `sock-${at}`, "missing");
  const all = [...mismatches.all()];
  expect([all.length, all[0]?.name, all.at(-1)?.name]).toEqual([1024, "sock-76", "sock-1099"]);
});
