/** The machine's time. */
import { expect, test } from "bun:test";
import { examineClock } from "../../../../../src/service/doctor/machine/clock.ts";

const files = [{ name: import.meta.path, text: "" }];
const found = (...words: Parameters<typeof examineClock>): unknown[] =>
  examineClock(...words).map(({ severity, id }) => [severity, id]);

test("a clock that has forgotten the date", () => {
  expect(found([], "synchronised", Date.UTC(1970, 0, 2))).toEqual([["error", "clock-wrong"]]);
});

test("one that is behind a file's", () => {
  const then = Date.UTC(2025, 0, 2);
  expect([found(files, "synchronised", then), found([], "synchronised", then)]).toEqual([
    [["warning", "clock-behind"]],
    [],
  ]);
});

test("one that nobody holds to another's", () => {
  expect([found(files, "free"), found(files, "synchronised"), found(files, null)]).toEqual([
    [["note", "clock-free"]],
    [],
    [],
  ]);
});
