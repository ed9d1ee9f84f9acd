import { expect, test } from "bun:test";
import { clockMs } from "../../../../src/clock.ts";
import { ClosingWindow } from "../../../../src/proxy/time/closing-window.ts";

test("without a time all leave at once, and with an infinite one nobody does", () => {
  expect(new ClosingWindow(0).leavesAt()).toBeLessThanOrEqual(clockMs());
  expect(new ClosingWindow(Infinity).leavesAt()).toBe(Infinity);
});

test("else all leave within it, at times that are spread over it", () => {
  const begun = clockMs();
  const window = new ClosingWindow(60_000);
  const times = Array.from({ length: 200 }, () => window.leavesAt() - begun);
  for (const time of times) expect(time).toBeLessThanOrEqual(60_000 + clockMs() - begun);
  for (let part = 0; part < 4; part++) {
    const count = times.filter((time) => time >= part * 15_000 && time < (part + 1) * 15_000).length;
    expect(count).toBeGreaterThan(15);
  }
});
