import { expect, test } from "bun:test";
import { compileMatch } from "../../../../src/rules/match/match.ts";
import { sint } from "../../../../src/rules/value/sample.ts";

const edges = [0n, 1n, 1023n, 1024n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const values = [...edges, ...edges.map((value) => -value), -(2n ** 63n)];

test("an integer that came as a number compares as the one that came as a BigInt does", () => {
  const safe = values.filter((value) => Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value);
  expect(safe.length).toBeGreaterThan(8);
  for (const bound of values) {
    for (const pattern of ["", "eq ", "ge ", "gt ", "le ", "lt "].map((operator) => operator + String(bound))) {
      const matches = compileMatch("int", [pattern], false);
      for (const value of safe) {
        const asNumber = matches(sint(Number(value)));
        expect([pattern, value, asNumber]).toEqual([pattern, value, matches({ type: "sint", value })]);
      }
    }
  }
});

test("sint takes the whole part, and numbers beyond 2^53 as they are", () => {
  expect(sint(5.9).value).toBe(5n);
  expect(sint(-5.9).value).toBe(-5n);
  expect(sint(70000.5).value).toBe(70000n);
  expect(sint(2 ** 60).value).toBe(2n ** 60n);
  expect(sint(2n ** 63n).value).toBe(-(2n ** 63n));
});
