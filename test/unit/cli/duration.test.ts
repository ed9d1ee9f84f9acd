/** Times on command lines. */
import { expect, test } from "bun:test";
import { parseDuration } from "../../../src/cli/duration.ts";

test("a time, in seconds where no unit is named", () => {
  expect(["7", "1ms", "2s", "3m", "1h"].map(parseDuration)).toEqual([7000, 1, 2000, 180_000, 3_600_000]);
});

test("none, or too long", () => {
  expect(["", "0", "0s", "s", "1d", "61m", "1.5s", "-1", "1 s", "12345678"].map(parseDuration)).toEqual(
    Array.from({ length: 10 }, () => null),
  );
});
