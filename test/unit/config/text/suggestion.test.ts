/** The nearest known word. */
import { expect, test } from "bun:test";
import { distance, nearest, Suggestions } from "../../../../src/config/text/suggestion.ts";

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "ab", 1],
  ["abc", "abd", 1],
  ["abc", "acb", 1],
  ["abc", "xyz", 3],
  ["kitten", "sitting", 3],
])("%s and %s are %d apart", (left, right, expected) => {
  expect(distance(left, right)).toBe(expected);
  expect(distance(right, left)).toBe(expected);
});

test("a third of the longer word may be wrong", () => {
  expect(nearest("maxcon", ["mode", "maxconn", "fullconn"])).toBe("maxconn");
  expect(nearest("abcdef", ["abcdxy"])).toBe("abcdxy");
  expect(nearest("abcdef", ["abcxyz"])).toBeNull();
  expect(nearest("ab", ["a", "b"])).toBe("a");
});

test("so many wrong names are one mistake", () => {
  const suggestions = new Suggestions();
  const many = Array.from({ length: 200_000 }, () => "x");
  expect(suggestions.nearest("backen", () => ["backend"])).toBe("backend");
  expect(suggestions.nearest("y", () => many)).toBe("x");
  expect(suggestions.nearest("backen", () => ["backend"])).toBeNull();
});
