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

test("the date is the system's, and another in the next turn when that has been set", () => {
  for (const date of ["2031-02-03T04:05:06.789Z", "1999-12-31T00:00:00.001Z"]) {
    setSystemTime(new Date(date));
    beginTurn();
    expect(dateMs()).toBe(Date.parse(date));
    endTurn();
  }
  setSystemTime();
  expect(Math.abs(dateMs() - Date.now())).toBeLessThan(1000);
});
