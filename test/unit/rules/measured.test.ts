/** Expressions give what HAProxy was seen to give. */
import { expect, test } from "bun:test";
import { compileExpression } from "../../../src/rules/expression.ts";
import { cast } from "../../../src/rules/value/sample.ts";
import { measured } from "./measured.ts";
import { expression, session, tables } from "./session.ts";

const files = {
  m1: ["# c", " a  one two ", "ab abval", "10.0.0.0/8 net10", "10.1.0.0/16 net101", "5 five", "10:20 range", ""],
  m2: ["^f(o+)b x\\1y\\0"],
  mi: ["5 five", "10:20 range"],
  mip: ["10.0.0.0/8 net10", "10.1.0.0/16 net101", "2001:db8::/32 v6"],
  mip2: ["10.0.0.0/8 77"],
  mip3: ["10.0.0.0/8 9.9.9.9"],
};

test.each(measured)("%s", (text, value) => {
  const sample = compileExpression(expression(text, files), tables([]))(session());
  const shown = sample === undefined || sample === "wait" ? undefined : cast(sample, "str");
  expect(shown === undefined || shown.value === "" ? "-" : shown.value).toEqual(value);
});
