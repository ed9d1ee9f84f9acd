/** Keywords of several words, found by the first words of a line. */
import { expect, test } from "bun:test";
import { finder, rowsOf } from "../../../../src/config/row/row.ts";
import { anyWords } from "../../../../src/config/row/value.ts";

const { works, idle } = rowsOf<null>("proxy");
const row = (name: string, help = "") => works(name, { help, words: anyWords(), land: () => undefined });
const find = finder([
  row("timeout client"),
  row("timeout"),
  row("option a b"),
  row("set-var"),
  row("twice", "first"),
  idle("twice", { help: "second", reason: "x" }),
]);

const found = (line: string): unknown => {
  const words = line.split(" ").map((text, index) => ({ text, column: index, length: text.length, quoted: false }));
  const one = find(words);
  return one === null ? null : [one.row.name, one.length];
};

test.each([
  ["timeout client 5s", ["timeout client", 2]],
  ["timeout server 5s", ["timeout", 1]],
  ["timeout", ["timeout", 1]],
  ["option a", null],
  ["option a b c", ["option a b", 3]],
  ["option a b(c)", ["option a b", 3]],
  ["unknown", null],
])("%s", (line, expected) => expect(found(line)).toEqual(expected));

test("of two rows of one name the later counts", () => {
  expect(find([{ text: "twice", column: 1, length: 5, quoted: false }])?.row.help).toBe("second");
});
