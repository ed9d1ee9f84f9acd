/** A document made piece by piece is laid out as one that is made at once. */
import { expect, test } from "bun:test";
import { JsonArray, JsonObject, jsonRows } from "../../../../src/ops/answers/json-rows.ts";

test("as JSON.stringify does, however deep the pieces lie", () => {
  const pieces = new JsonObject([
    ["a", 1],
    null,
    ["list", new JsonArray([{ b: [1, 2] }, null, new JsonObject([["c", "x\ny"]]), "d"])],
    ["none", new JsonArray([])],
    ["nothing", new JsonObject([null])],
  ]);
  const whole = { a: 1, list: [{ b: [1, 2] }, { c: "x\ny" }, "d"], none: [], nothing: {} };
  expect([...jsonRows(pieces)].join("")).toBe(JSON.stringify(whole, null, 2));
});

test("a step that finds nothing is a row all the same, so that work counts", () => {
  expect([...jsonRows(new JsonArray([null, null, 1]))]).toEqual(["", "", "[\n  ", "1", "\n]"]);
});
