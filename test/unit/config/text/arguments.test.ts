/** Argument lists in parentheses, taken off the beginning of a text. */
import { expect, test } from "bun:test";
import { ArgumentComplaint, takeArguments } from "../../../../src/config/text/arguments.ts";

function taken(text: string, types: readonly string[], required: number): unknown {
  try {
    return takeArguments(text, types, required);
  } catch (error) {
    if (!(error instanceof ArgumentComplaint)) throw error;
    return [error.message, error.index, error.offset];
  }
}

test.each([
  ["(a,b),rest", ["string", "string"], 2, { values: ["a", "b"], length: 5 }],
  ['("a,b",c)', ["string", "string"], 1, { values: ["a,b", "c"], length: 9 }],
  ["('a)b')", ["string"], 1, { values: ["a)b"], length: 7 }],
  ["(a\\ b\\,c)", ["string", "string"], 1, { values: ["a b\\", "c"], length: 9 }],
  ["()", ["integer"], 0, { values: [], length: 2 }],
  ["", ["integer"], 0, { values: [], length: 0 }],
  ["", ["integer"], 1, { values: [""], length: 0 }],
  ["", ["string", "integer"], 2, ["missing arguments (got 1/2), type 'integer' expected", 1, 0]],
  ["(a)", ["string", "integer"], 2, ["missing arguments (got 1/2), type 'integer' expected", 1, 2]],
  ["(1,2", ["integer"], 1, ["expected ')' before ',2'", 1, 2]],
  ["(1", ["integer"], 1, ["expected ')'", 1, 2]],
  ["(1,,2)", ["integer", "integer"], 1, ["expected ')' before ',2)'", 1, 3]],
] as const)("%s", (text, types, required, expected) => {
  expect(taken(text, types, required)).toEqual(expected);
});
