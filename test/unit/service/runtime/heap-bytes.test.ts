/** What the heap holds is told without going through it. */
import { expect, test } from "bun:test";
import { getHeapStatistics } from "node:v8";
import { heapBytes } from "../../../../src/service/runtime/heap-bytes.ts";

/** Milliseconds that `ask` takes `times` over, in the quickest of several tries: whoever collects garbage meanwhile is not asked. */
function timeOf(ask: () => unknown, times: number): number {
  const tries = Array.from({ length: 7 }, () => {
    const from = performance.now();
    for (let left = times; left > 0; left--) ask();
    return performance.now() - from;
  });
  return Math.min(...tries);
}

test("a hundred questions cost less than the runtime's one look at the whole heap", () => {
  const held = Array.from({ length: 300_000 }, (_, index) => ({ index }));
  expect(timeOf(heapBytes, 100)).toBeLessThan(timeOf(getHeapStatistics, 1));
  expect(heapBytes()).toBeGreaterThan(held.length * 8);
});
