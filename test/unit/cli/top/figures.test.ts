/** Numbers as they fit into columns. */
import { expect, test } from "bun:test";
import { bytesText, clip, countText, durationText } from "../../../../src/cli/top/figures.ts";

test("counts of four digits are whole, others are short", () => {
  expect([0, 9999, 10_000, 12_345, 999_999, 1_500_000, 2e12].map(countText)).toEqual([
    "0",
    "9999",
    "10.0k",
    "12.3k",
    "1000k",
    "1.5M",
    "2.0T",
  ]);
  expect([0, 9999, 10_240, 5_000_000, 2 ** 60].map(bytesText)).toEqual(["0", "9999", "10.0K", "4.8M", "1024P"]);
  for (let bytes = 1; bytes < 2 ** 60; bytes *= 3) expect(bytesText(bytes).length).toBeLessThanOrEqual(6);
});

test("times in two units", () => {
  expect([0, 59, 60, 3599, 3600, 86_399, 86_400, 1e7].map(durationText)).toEqual([
    "0s",
    "59s",
    "1m0s",
    "59m59s",
    "1h0m",
    "23h59m",
    "1d0h",
    "115d17h",
  ]);
});

test("texts are cut between characters", () => {
  expect([clip("abc", 5), clip("abcdef", 3), clip("\u{1f600}\u{1f600}", 1), clip("a", 0)]).toEqual([
    "abc",
    "abc",
    "\u{1f600}",
    "",
  ]);
});
