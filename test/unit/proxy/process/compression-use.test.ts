import { expect, test } from "bun:test";
import { compressionLimits } from "../../../../src/plan/compression.ts";
import { CompressionUse } from "../../../../src/proxy/process/compression-use.ts";
import { ProcessorUse } from "../../../../src/proxy/process/processor-use.ts";

test("without limits everything goes", () => {
  const use = new CompressionUse();
  use.input.add(1000, 1e9);
  use.output.add(1000, 1e9);
  use.zlibBytes = 1e9;
  expect([use.mayBegin(1e6, 1000), use.isPressed(1000)]).toEqual([true, false]);
});

test("a rate is of what comes in where something begins, and of what goes out behind that", () => {
  const use = new CompressionUse();
  use.bytesPerSecond = 1000;
  use.input.add(5000, 1000);
  expect([use.mayBegin(0, 5000), use.isPressed(5000)]).toEqual([true, false]);
  use.input.add(5000, 1);
  use.output.add(5000, 1001);
  expect([use.mayBegin(0, 5000), use.isPressed(5000)]).toEqual([false, true]);
  expect([use.mayBegin(0, 7000), use.isPressed(7000)]).toEqual([true, false]);
});

test("memory is not begun with that is not there", () => {
  const use = new CompressionUse();
  use.limits = { ...compressionLimits, zlibBytes: 500 };
  use.zlibBytes = 300;
  expect([use.mayBegin(200, 0), use.mayBegin(201, 0)]).toEqual([true, false]);
});

test("a busy processor", () => {
  let micros = 0;
  const use = new CompressionUse(new ProcessorUse(() => micros));
  use.limits = { ...compressionLimits, processorPercent: 50 };
  expect(use.mayBegin(0, 1000)).toBe(true);
  micros = 510_000;
  expect([use.mayBegin(0, 2000), use.isPressed(2000)]).toEqual([false, true]);
  micros = 1_000_000;
  expect([use.mayBegin(0, 3000), use.isPressed(3000)]).toEqual([true, false]);
});
