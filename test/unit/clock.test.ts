import { afterEach, expect, setSystemTime, test } from "bun:test";
import { beginTurn, clockMs, dateMs, endTurn } from "../../src/clock.ts";

afterEach(() => {
  endTurn();
  setSystemTime();
});

function isLater(ask: () => number): boolean {
  const before = ask();
  for (const until = performance.now() + 1000; performance.now() < until;) if (ask() > before) return true;
  return false;
}

test("within a turn both clocks stand still, and between two they go", () => {
  beginTurn();
  const [clock, date] = [clockMs(), dateMs()];
  for (const until = performance.now() + 2; performance.now() < until;);
  expect([clockMs(), dateMs()]).toEqual([clock, date]);
  endTurn();
  expect([isLater(clockMs), isLater(dateMs)]).toEqual([true, true]);
});

test("however late in a turn it is asked, the date is that of the turn's beginning, as the other clock is", () => {
  const before = Date.now();
  beginTurn();
  const began = clockMs();
  for (const until = performance.now() + 20; performance.now() < until;);
  const date = dateMs();
  const passed = performance.now() - began;
  const now = Date.now();
  endTurn();
  expect(date).toBeGreaterThanOrEqual(before - 1);
  expect(Math.abs(date + passed - now)).toBeLessThan(10);
});

test("the date is the system's, and another in the next turn when that has been set", () => {
  for (const date of ["2031-02-03T04:05:06.789Z", "1999-12-31T00:00:00.001Z"]) {
    setSystemTime(new Date(date));
    beginTurn();
    const late = Date.parse(date) - dateMs();
    expect([late >= 0, late < 100]).toEqual([true, true]);
    endTurn();
  }
  setSystemTime();
  expect(Math.abs(dateMs() - Date.now())).toBeLessThan(1000);
});
