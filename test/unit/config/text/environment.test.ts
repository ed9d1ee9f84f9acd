/** Variables in addresses, and the lines that set them. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import {
  applyEnvironmentStatement,
  expandAddress,
  inheritedEnvironment,
} from "../../../../src/config/text/environment.ts";
import { lexLine } from "../../../../src/config/text/lexer.ts";

test.each([
  ["$A:1", "a:1"],
  ["${A}:1", "a:1"],
  ["x${NO}y", "xy"],
  ["${NO-5}y", "5y"],
  ["${A-5}y", "ay"],
  ["$", ""],
  ["$A$A", "aa"],
])("%s is %s", (text, expected) => {
  expect(expandAddress(text, new Map([["A", "a"]]))).toBe(expected);
});

test.each(["${A", "${A+b}"])("%s has a brace that does not close", (text) => {
  expect(() => expandAddress(text, new Map())).toThrow(
    `unmatched brace in environment variable name in address '${text}'`,
  );
});

test.each([
  ["setenv A new", { A: "new", B: "b" }, 0],
  ["presetenv A new", { A: "a", B: "b" }, 0],
  ["presetenv C new", { A: "a", B: "b", C: "new" }, 0],
  ["unsetenv A B", {}, 0],
  ["resetenv B", { B: "b" }, 0],
  ["localpeer me", { A: "a", B: "b", HAPROXY_LOCALPEER: "me" }, 0],
  ["maxconn 5", { A: "a", B: "b" }, 0],
  ["setenv A", { A: "a", B: "b" }, 1],
  ["setenv A=B c", { A: "a", B: "b" }, 1],
  ["unsetenv", { A: "a", B: "b" }, 1],
])("%s", (source, expected, complaints) => {
  const environment = new Map([
    ["A", "a"],
    ["B", "b"],
  ]);
  const diagnostics = new Diagnostics();
  const lexed = lexLine(source, { file: "f", line: 1, section: "" }, environment);
  if (!lexed.ok) throw new Error(source);
  applyEnvironmentStatement({ file: "f", line: 1, source, words: lexed.words }, environment, diagnostics);
  expect(Object.fromEntries(environment)).toEqual(expected as Record<string, string>);
  expect(diagnostics.all).toHaveLength(complaints);
});

test("what is inherited is bytes, one character each", () => {
  expect([...inheritedEnvironment({ A: "é", B: undefined })]).toEqual([["A", "\xc3\xa9"]]);
});
