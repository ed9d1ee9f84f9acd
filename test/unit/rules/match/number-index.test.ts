/** Numbers and ranges: the first that holds a number is found. */
import { expect, test } from "bun:test";
import { NumberIndex } from "../../../../src/rules/match/number-index.ts";
import { sint } from "../../../../src/rules/value/sample.ts";

function index(isDotted: boolean, ...texts: readonly string[]) {
  const made = new NumberIndex<{ readonly reference: number; readonly text: string }>(isDotted);
  for (const [reference, text] of texts.entries()) made.put(text, { reference, text });
  return { made, find: (value: number | bigint): string | undefined => made.find(sint(value))?.text };
}

test.each([
  ["5", [5], [4, 6]],
  ["5:9", [5, 9], [4, 10]],
  [":9", [-7, 9], [10]],
  ["5:", [5, 1e12], [4]],
  ["eq 5", [5], [4]],
  ["gt 5", [6], [5]],
  ["ge 5", [5, 6], [4]],
  ["lt 5", [4], [5]],
  ["le 5:7", [7, -1], [8]],
] as const)("%s", (text, held, others) => {
  const { find } = index(false, text);
  expect(held.map(find)).toEqual(held.map(() => text));
  expect(others.map(find)).toEqual(others.map(() => undefined));
});

test("of single numbers and ranges the first counts", () => {
  const { find, made } = index(false, "1:5", "3", "7", "6:8");
  expect([3, 7, 8, 9].map(find)).toEqual(["1:5", "7", "6:8", undefined]);
  made.remove("7", { reference: 2, text: "" });
  made.remove("1:5", { reference: 0, text: "" });
  expect([3, 7, 1].map(find)).toEqual(["3", "6:8", undefined]);
});

test("numbers that a double does not tell apart are told apart", () => {
  const { find } = index(false, "9007199254740993", "9223372036854775807");
  expect([9007199254740992n, 9007199254740993n, 9223372036854775807n, 9223372036854775806n].map(find)).toEqual([
    undefined,
    "9007199254740993",
    "9223372036854775807",
    undefined,
  ]);
});

test("versions count 3.1 as TLS does", () => {
  const { find } = index(true, "3.1:3.2", "3");
  expect([0x30001, 0x30002, 0x30003, 0x30000].map(find)).toEqual(["3.1:3.2", "3.1:3.2", undefined, "3"]);
});
