/** `.if` blocks within each other, and the lines that say something. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { followDirective, isSkipping, newDirectives } from "../../../../../src/config/text/directives/directives.ts";
import { lexLine } from "../../../../../src/config/text/lexer.ts";

/** What of the lines `1`, `2`, … counts, and what is said. */
function followed(lines: readonly string[]): { counted: string; said: readonly string[] } {
  const directives = newDirectives();
  const diagnostics = new Diagnostics();
  let counted = "";
  for (const [index, source] of lines.entries()) {
    const lexed = lexLine(source, { file: "f", line: index + 1, section: "" }, new Map());
    if (!lexed.ok) throw new Error(source);
    const statement = { file: "f", line: index + 1, source, words: lexed.words };
    if (!source.startsWith(".")) counted += isSkipping(directives) ? "" : source;
    else if (!followDirective(statement, directives, new Map(), diagnostics)) counted += "!";
  }
  return { counted, said: diagnostics.all.map(({ text }) => text) };
}

test.each([
  [".if 1|1|.else|2|.endif|3", "13"],
  [".if 0|1|.else|2|.endif|3", "23"],
  [".if 0|1|.elif 1|2|.elif 1|3|.else|4|.endif", "2"],
  [".if 0|.if 1|1|.else|2|.endif|3|.endif|4", "4"],
  [".if 1|.if 0|1|.else|2|.endif|3|.endif|4", "234"],
  [".if 0|.nonsense|.alert x|.endif|1", "1"],
])("%s", (lines, counted) => {
  expect(followed(lines.split("|"))).toEqual({ counted, said: [] });
});

test.each([
  [".else", "lone '.else' with no matching '.if'."],
  [".endif", "lone '.endif' with no matching '.if'."],
  [".elif 1", "lone '.elif' with no matching '.if'."],
  [".if 1|.else|.else", "'.else' after '.else' is not permitted."],
  [".if 1|.else|.elif 1", "'.elif' after '.else' is not permitted."],
  [".if 1|.endif x", "Unexpected argument 'x' for '.endif'."],
  [".nonsense", "unknown directive '.nonsense'."],
  [".alert 'so it is'", "'so it is'."],
])("%s stops the file", (lines, text) => {
  const { counted, said } = followed(lines.split("|"));
  expect(counted).toBe("!");
  expect(said).toEqual([expect.stringContaining(text) as string]);
});

const open = (count: number): string[] => Array.from({ length: count }, () => ".if 1");

test("a hundred blocks within each other are too many", () => {
  expect(followed(open(99)).said).toEqual([]);
  expect(followed(open(100)).said).toEqual([expect.stringContaining("too many nested '.if', max is 100.") as string]);
});

test("a notice and a warning go on", () => {
  const { counted, said } = followed([".notice a", ".warning b", ".diag c", ".notice a b", "1"]);
  expect(counted).toBe("1");
  expect(said).toHaveLength(4);
});
