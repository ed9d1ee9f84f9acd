import { expect, test } from "bun:test";
import { DayCounts, dayOf, keptDays } from "../../../../src/ssh/inventory/day-counts.ts";

test("days begin at midnight of UTC", () => {
  expect([0, 86_399_999, 86_400_000].map(dayOf)).toEqual([0, 0, 1]);
});

test("counts stand by day, in order, whenever they come", () => {
  const counts = new DayCounts();
  for (const day of [5, 7, 7, 6, 5]) counts.add(day);
  expect([...counts]).toEqual([
    [5, 2],
    [6, 1],
    [7, 2],
  ]);
  expect([counts.total, counts.since(6), counts.since(7), counts.since(8)]).toEqual([5, 3, 2, 0]);
  counts.forgetBefore(7);
  expect([...counts]).toEqual([[7, 2]]);
});

test("there is an end to the days", () => {
  const counts = new DayCounts();
  for (let day = 0; day < 3 * keptDays; day++) counts.add(day);
  expect([...counts].length).toBe(keptDays);
  expect(counts.total).toBe(keptDays);
});

test("what was counted elsewhere is more, or the same again", () => {
  const other = [
    [1, 4],
    [2, 1],
  ] as const;
  const more = new DayCounts();
  more.add(2, 3);
  more.take(other, "more");
  expect([...more]).toEqual([
    [1, 4],
    [2, 4],
  ]);
  const same = new DayCounts();
  same.add(2, 3);
  same.take(other, "same");
  expect([...same]).toEqual([
    [1, 4],
    [2, 3],
  ]);
});
