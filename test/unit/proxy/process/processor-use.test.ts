import { expect, test } from "bun:test";
import { ProcessorUse } from "../../../../src/proxy/process/processor-use.ts";

test("what was used of a processor since a second ago or more, as it was known then", () => {
  let micros = 5_000_000;
  const use = new ProcessorUse(() => micros);
  expect(use.percent(1000)).toBe(0);
  micros += 900_000;
  expect(use.percent(1999)).toBe(0);
  expect(use.percent(2000)).toBe(90);
  micros += 118_000;
  expect(use.percent(2500)).toBe(90);
  expect(use.percent(4000)).toBe(5);
});

test("the process's own, of all its threads", () => {
  const use = new ProcessorUse();
  use.percent(0);
  const until = process.cpuUsage().user + 20_000;
  let count = 0;
  while (process.cpuUsage().user < until) count += 1;
  expect(count).toBeGreaterThan(0);
  expect(use.percent(1000)).toBeGreaterThanOrEqual(2);
});
