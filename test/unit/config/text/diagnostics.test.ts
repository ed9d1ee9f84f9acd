/** Messages as an operator sees them: letters of several bytes, carets, characters that could steer a terminal. */
import { expect, test } from "bun:test";
import { formatDiagnostics } from "../../../../src/config/text/diagnostics.ts";
import { toBytes } from "../../../../src/config/text/text-bytes.ts";

const none = { pointer: null, advice: null };

test("bytes become letters again, and the caret stands under the word", () => {
  const source = toBytes(" bind é ünfug");
  const pointer = { source, column: source.indexOf(toBytes("ü")) + 1, length: toBytes("ünfug").length };
  const text = toBytes("'ünfug' is wrong");
  expect(formatDiagnostics([{ level: "alert", text, pointer, advice: null }], 7)).toBe(
    ["[ALERT]    (7) : config : 'ünfug' is wrong", "     bind é ünfug", "            ^^^^^", ""].join("\n"),
  );
});

test("what is not UTF-8 stays a character, control characters do not stay", () => {
  expect(formatDiagnostics([{ level: "warning", text: "a\xff\x1b[2J\x9b", ...none }], 7)).toBe(
    "[WARNING]  (7) : config : a\xff?[2J?\n",
  );
});

test("diag messages are shown when asked for", () => {
  const list = [{ level: "diag" as const, text: "x", ...none }];
  expect(formatDiagnostics(list, 7)).toBe("");
  expect(formatDiagnostics(list, 7, true)).toBe("[DIAG]     (7) : config : x\n");
});
