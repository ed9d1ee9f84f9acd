/** Refusals are counted by server and reason, and one of a server is due once a minute. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { refusalWords, ServerRefusals } from "../../../../src/proxy/process/server-refusals.ts";

let nowMs = 1000;
let clock: ReturnType<typeof spyOn> | null = null;
beforeEach(() => {
  clock = spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => clock?.mockRestore());

test("each server is told of once a minute, and counted every time", () => {
  const refusals = new ServerRefusals();
  expect([refusals.note("be", "a", "full"), refusals.note("be", "a", "closed")]).toEqual([true, false]);
  expect([refusals.note("be", "b", "full"), refusals.note("other", "a", "full")]).toEqual([true, true]);
  nowMs += 59_999;
  expect(refusals.note("be", "a", "full")).toBe(false);
  nowMs += 1;
  expect(refusals.note("be", "a", "full")).toBe(true);
  expect([...refusals.all()].map((one) => `${one.backend}/${one.server} ${one.refusal} ${one.count}`)).toEqual([
    "be/a full 3",
    "be/a closed 1",
    "be/b full 1",
    "other/a full 1",
  ]);
});

test("servers are bounded: the oldest go", () => {
  const refusals = new ServerRefusals();
  for (let index = 0; index < 1100; index++) refusals.note("be", `s${index}`, "closed");
  const all = [...refusals.all()];
  expect([all.length, all[0]?.server]).toEqual([1024, "s76"]);
});

test("each reason says what may be done about it", () => {
  expect((["full", "not-allowed", "closed"] as const).map(refusalWords)).toEqual([
    expect.stringContaining("raise MaxStartups"),
    expect.stringContaining("PerSourcePenaltyExemptList"),
    expect.stringContaining("closes connections"),
  ]);
});
