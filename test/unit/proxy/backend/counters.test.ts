import { expect, test } from "bun:test";
import { Average, Counters } from "../../../../src/proxy/backend/counters.ts";

test("the highest is that since it was cleared; the gauge stays", () => {
  const one = new Counters();
  one.enter();
  one.enter();
  one.current -= 1;
  expect([one.current, one.max]).toEqual([1, 2]);
  one.bytesIn = 7;
  one.lastSessionAt = 3;
  one.begin(0);
  one.clear(false);
  expect([one.current, one.max, one.bytesIn, one.sessionsTotal, one.lastSessionAt]).toEqual([1, 0, 7, 1, 3]);
  one.clear(true);
  expect([one.current, one.bytesIn, one.sessionsTotal]).toEqual([1, 0, 0]);
  expect(one.lastSessionAt).toBeNull();
});

test("an average is that of the first sessions, and follows the last 1024", () => {
  const one = new Average();
  expect(one.value).toBe(0);
  for (const value of [10, 20, 60]) one.add(value);
  expect([one.value, one.max]).toEqual([30, 60]);
  for (let times = 0; times < 1024; times++) one.add(100);
  const before = one.value;
  for (let times = 0; times < 1024; times++) one.add(0);
  expect(before).toBeWithin(99, 101);
  // A decaying sum forgets 1 - 1/e of what it had.
  expect(one.value).toBeWithin(35, 39);
  one.clear(false);
  expect([one.max, one.value]).toEqual([0, one.value]);
  one.clear(true);
  expect(one.value).toBe(0);
});
