/** One value out of a JSON text. */
import { expect, test } from "bun:test";
import { queryJson } from "../../../../src/rules/value/json-query.ts";

const json = JSON.stringify({ a: { "b.c": [1, "x", true, null, 1.5] }, big: 1e21, n: -7 });
const value = (path: string, asInteger = false): unknown => queryJson(json, path, asInteger)?.value;

test.each([
  [String.raw`$.a.b\.c[0]`, 1n],
  [String.raw`$.a.b\.c[1]`, "x"],
  [String.raw`$.a.b\.c[2]`, true],
  [String.raw`$.a.b\.c[3]`, undefined],
  [String.raw`$.a.b\.c[4]`, "1.5"],
  [String.raw`$.a.b\.c[9]`, undefined],
  [String.raw`$.a.b\.c.length`, undefined],
  ["$.a", undefined],
  ["$.a.__proto__", undefined],
  ["$.big", "1e+21"],
  ["$.n", -7n],
])("%s", (path, expected) => expect(value(path)).toBe(expected as never));

test("as integers fractions are cut, and what is too large is nothing", () => {
  expect([value(String.raw`$.a.b\.c[4]`, true), value("$.n", true)]).toEqual([1n, -7n]);
  expect(queryJson('{"x": 9007199254740993}', "$.x", true)).toBeUndefined();
});

test("broken JSON has no value", () => expect(queryJson("{", "$.a", false)).toBeUndefined());
