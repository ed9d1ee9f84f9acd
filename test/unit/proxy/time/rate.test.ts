import { expect, test } from "bun:test";
import { Rate } from "../../../../src/proxy/time/rate.ts";

test("reads what came in the last second, fading over the next", () => {
  const rate = new Rate();
  for (let at = 0; at < 100; at += 1) rate.add(10_000 + at * 10);
  expect(rate.read(10_999)).toBe(100);
  expect(rate.read(11_500)).toBe(50);
  expect(rate.read(12_100)).toBe(0);
  expect(rate.max).toBe(100);
});

test("lets exactly the limit through in each second, and tells when the next may come", () => {
  const rate = new Rate();
  let now = 50_000;
  let passed = 0;
  while (now < 60_000) {
    const waitMs = rate.waitMs(now, 20);
    if (waitMs === 0) {
      rate.add(now);
      passed += 1;
    } else now += waitMs;
  }
  expect(passed).toBeGreaterThan(180);
  expect(passed).toBeLessThanOrEqual(220);
  expect(rate.waitMs(now, 0)).toBe(0);
});
