/** Expressions are found wherever they stand in a part of a plan. */
import { expect, test } from "bun:test";
import { expressionsIn } from "../../../../src/rules/samples/expressions-in.ts";
import { expression } from "../session.ts";

const isWanted = (fetch: string): boolean => fetch === "src";
const src = expression("src");

test("they are found at any depth, in their order, and others are not", () => {
  const other = expression("dst");
  const again = { ...src, text: "again" };
  expect(expressionsIn({ a: [{ b: src }, other, null, 5, "src"], c: { d: [[again]] } }, isWanted)).toEqual([
    src,
    again,
  ]);
  expect(expressionsIn(src, isWanted)).toEqual([src]);
  expect(expressionsIn(null, isWanted)).toEqual([]);
});

test("lists of patterns and files of maps are passed over", () => {
  expect(expressionsIn({ patterns: ["a", src], map: { file: "f", entries: [src] } }, isWanted)).toEqual([]);
});
