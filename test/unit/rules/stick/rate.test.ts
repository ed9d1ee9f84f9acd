/** Event rates over a sliding period, as HAProxy reckons them. */
import { expect, test } from "bun:test";
import { addToRate, freshRate, readRate } from "../../../../src/rules/stick/rate.ts";

/** The rate of a second, behind another counter. */
function rate() {
  const counters = [0, ...freshRate];
  return {
    counters,
    add: (atMs: number, count = 1): void => addToRate(counters, 1, 1000, atMs, count),
    read: (atMs: number): number => readRate(counters, 1, 1000, atMs),
  };
}

test("an unused rate is 0, and the first event opens a window", () => {
  const { add, read, counters } = rate();
  expect(read(5000)).toBe(0);
  add(5000, 4);
  expect([read(5000), read(5999)]).toEqual([4, 4]);
  expect(counters[0]).toBe(0);
});

test("the window before fades, rounded down", () => {
  const { add, read } = rate();
  add(0, 10);
  add(1000, 4);
  expect([read(1000), read(1250), read(1750), read(1999)]).toEqual([14, 11, 6, 4]);
});

test("without new events the last window becomes the one before, and then nothing", () => {
  const { add, read } = rate();
  add(0, 10);
  expect([read(1001), read(1500), read(2000), read(2001)]).toEqual([9, 5, 0, 0]);
});

test("a single event stays 1 until its window is out of reach", () => {
  const { add, read } = rate();
  add(0);
  expect([read(1001), read(1999), read(2001)]).toEqual([1, 1, 0]);
});

test("after a gap nothing is left of what was before", () => {
  const { add, read } = rate();
  add(0, 10);
  add(2500, 3);
  expect([read(2500), read(3499)]).toEqual([3, 3]);
});
