import { expect, test } from "bun:test";
import { nextLook } from "../../../../src/proxy/time/inspection-pace.ts";

test("every byte is looked at until looks have cost 64 full buffers", () => {
  expect(nextLook(100, 64 * 1000, 1000, 0, 5000)).toEqual({ atLeast: 101, waitMs: 0 });
});

test("from then on an eighth more must have come, or a 64th of the time gone by", () => {
  expect(nextLook(800, 64 * 1000 + 1, 1000, 1000, 7400)).toEqual({ atLeast: 901, waitMs: 100 });
  expect(nextLook(1, 64 * 1000 + 1, 1000, 1000, 1000)).toEqual({ atLeast: 2, waitMs: 1 });
});
