import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Rest, restMs } from "../../../../src/proxy/time/rest.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("it begins once, lasts a second from the last time on, and ends once", () => {
  const log: boolean[] = [];
  const rest = new Rest({ rests: (isResting) => log.push(isResting) });
  rest.end();
  rest.begin("full");
  jest.advanceTimersByTime(restMs - 1);
  rest.begin("closed");
  expect([rest.why, log]).toEqual(["closed", [true]]);
  jest.advanceTimersByTime(restMs - 1);
  expect(log).toEqual([true]);
  jest.advanceTimersByTime(1);
  expect([rest.why, log]).toEqual([null, [true, false]]);
  rest.begin("full");
  rest.end();
  jest.advanceTimersByTime(2 * restMs);
  expect([rest.why, log]).toEqual([null, [true, false, true, false]]);
});
