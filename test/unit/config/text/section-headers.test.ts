/** Section headers: names, what may stand beside them, which `defaults` apply. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { lexLine } from "../../../../src/config/text/lexer.ts";
import {
  invalidCharacter,
  newSectionIndex,
  openSection,
  type OpenSection,
} from "../../../../src/config/text/section-headers.ts";

function opened(lines: readonly string[]): { sections: (OpenSection | null)[]; said: string[] } {
  const index = newSectionIndex();
  const diagnostics = new Diagnostics();
  const sections = lines.map((source, at) => {
    const lexed = lexLine(source, { file: "f", line: at + 1, section: "" }, new Map());
    if (!lexed.ok) throw new Error(source);
    return openSection({ file: "f", line: at + 1, source, words: lexed.words }, index, diagnostics);
  });
  return { sections, said: diagnostics.all.map(({ text }) => text) };
}

test("a proxy takes the latest defaults, or those it names", () => {
  const { sections, said } = opened(["frontend a", "defaults x", "defaults y", "backend b", "listen l from x"]);
  const [a, x, y, b, l] = sections;
  expect(said).toEqual([]);
  expect([a?.defaults, b?.defaults, l?.defaults].map((one) => one ?? null)).toEqual([null, y ?? null, x ?? null]);
  expect([x?.name, l?.name, l?.kind]).toEqual(["x", "l", "listen"]);
});

test.each([
  ["maxconn 5", null],
  ["frontend", "'frontend' expects an <id> argument"],
  ["frontend a/b", "character '/' is not permitted in 'frontend' name 'a/b'."],
  ["ring a/b", "invalid ring name 'a/b' (character '/' is not permitted)."],
  ["frontend a :80", "please use the 'bind' keyword for listening addresses."],
  ["backend b from none", "defaults section 'none' not found for backend 'b'."],
  ["peers p x", "'peers' cannot handle unexpected argument 'x'."],
  ["global x", "'global' cannot handle unexpected argument 'x'."],
])("%s", (line, text) => {
  expect(opened([line]).said).toEqual(text === null ? [] : [expect.stringContaining(text) as string]);
});

test.each([
  [["backend a", "backend a"], "backend 'a' has the same name as backend 'a' declared at f:1."],
  [["listen a", "backend a"], "backend 'a' has the same name as proxy 'a' declared at f:1."],
  [["frontend a", "backend a"], "This is no longer supported as of 3.3."],
  [["userlist a", "userlist a"], "ignoring duplicated userlist 'a'."],
  [["defaults a", "defaults a", "backend b from a"], "ambiguous defaults section name 'a'"],
])("%j", (lines, text) => {
  expect(opened(lines).said).toEqual([expect.stringContaining(text) as string]);
});

test("no section is opened by another line", () => {
  expect(opened(["server s 127.0.0.1"]).sections).toEqual([null]);
  expect([invalidCharacter("a-Z_0.9:x"), invalidCharacter("a b")]).toEqual([null, " "]);
});
