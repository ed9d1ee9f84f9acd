/** Ten a minute are told, and how many were not. */
import { expect, test } from "bun:test";
import { NoticeRate } from "../../../../src/ssh/penalties/notice-rate.ts";

test("ten a minute are told, and then how many were not", () => {
  const rate = new NoticeRate();
  const asked = (now: number, times: number): (number | null)[] => Array.from({ length: times }, () => rate.ask(now));
  expect(asked(0, 12)).toEqual([...Array.from({ length: 10 }, () => 0), null, null]);
  expect(asked(59_999, 1)).toEqual([null]);
  expect(asked(60_000, 2)).toEqual([3, 0]);
});
