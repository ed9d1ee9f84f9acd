// Bytes sent, of sessions that run as well: they never fall, and the rate is that of the last second.
import { afterEach, expect, test } from "bun:test";
import { clockMs } from "../../../../src/clock.ts";
import { BytesOut } from "../../../../src/proxy/process/bytes-out.ts";

const running = new Set<{ uncountedBytes: number }>();
const bytes = new BytesOut(running);
afterEach(() => {
  bytes.stop();
  running.clear();
});

test("the total moves while sessions run, and stays when they end", () => {
  const [one, other] = [{ uncountedBytes: 0 }, { uncountedBytes: 5 }];
  const before = bytes.total;
  running.add(one).add(other);
  bytes.begin();
  one.uncountedBytes = 100;
  expect(bytes.total - before).toBe(105);
  // As a session counts itself: what it has sent is counted, then it goes.
  bytes.counted += one.uncountedBytes;
  one.uncountedBytes = 0;
  running.delete(one);
  expect(bytes.total - before).toBe(105);
});

test("the rate is of the last second, also where a look is late", () => {
  const one = { uncountedBytes: 0 };
  running.add(one);
  const start = clockMs();
  bytes.begin();
  one.uncountedBytes = 3000;
  expect(bytes.rate(start + 500)).toBe(3000);
  bytes.look(start + 1000);
  expect(bytes.rate(start + 1000)).toBeWithin(2950, 3051);
  expect(bytes.rate(start + 1500)).toBeWithin(1450, 1551);
  expect(bytes.rate(start + 2500)).toBe(0);
  one.uncountedBytes += 8000;
  bytes.look(start + 5000);
  expect(bytes.rate(start + 5000)).toBe(2000);
});

test("with nobody left its looking ends, after the last second was told", () => {
  const one = { uncountedBytes: 0 };
  running.add(one);
  bytes.begin();
  one.uncountedBytes = 10;
  running.delete(one);
  bytes.counted += 10;
  const now = clockMs();
  bytes.look(now + 1000);
  expect(bytes.rate(now + 1000)).toBeGreaterThan(0);
  bytes.look(now + 2000);
  expect(bytes.rate(now + 2000)).toBe(0);
  // Begun anew, it does not tell of what was before.
  bytes.begin();
  expect(bytes.rate(clockMs())).toBe(0);
});
