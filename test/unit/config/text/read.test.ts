/** Text to sections: what characters that break lines do, and which defaults apply. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { loadFiles } from "../../../../src/config/text/files.ts";
import { readConfiguration } from "../../../../src/config/text/read.ts";
import type { Section } from "../../../../src/config/text/statement.ts";

function read(text: string, more: readonly string[] = []): { sections: Section[]; messages: string[] } {
  const diagnostics = new Diagnostics();
  const files = [text, ...more].map((one, index) => ({ name: index === 0 ? "a.cfg" : `a${index}.cfg`, text: one }));
  const sections = readConfiguration(files, new Map(), diagnostics);
  return { sections, messages: diagnostics.all.map((one) => one.text) };
}

function outline(sections: readonly Section[]): string[] {
  return sections.map(
    ({ kind, name, statements }) =>
      `${kind} ${name}: ${statements.map(({ words }) => words.map((word) => word.text).join(" ")).join("; ")}`,
  );
}

test("sections with their statements", () => {
  const { sections, messages } = read("global\r\n maxconn 1\r\n\r\nfrontend fe # x\r\n bind :1\r\n");
  expect(messages).toEqual([]);
  expect(outline(sections)).toEqual(["global : maxconn 1", "frontend fe: bind :1"]);
});

test("a byte order mark is part of the first word", () => {
  expect(read("\xef\xbb\xbfglobal\n maxconn 1\n").messages).toEqual([
    "parsing [a.cfg:1]: unknown keyword '\xef\xbb\xbfglobal' out of section.",
    "parsing [a.cfg:2]: unknown keyword 'maxconn' out of section.",
  ]);
});

test.each([
  ["backend b\n x y", "parsing [a.cfg:2]: Missing LF on last line, file might have been truncated at position 5."],
  ["backend b\n x y\0z\n w\n", "parsing [a.cfg:2]: Stray NUL character at position 5."],
  ["backend b\n\0\n", "parsing [a.cfg:2]: Missing LF on last line, file might have been truncated at position 1."],
  ["backend b\n x y\0", "parsing [a.cfg:2]: Missing LF on last line, file might have been truncated at position 5."],
])("a line that does not end: %j", (text, message) => {
  expect(read(text).messages).toEqual([message]);
});

test("lines after a stray NUL are not read", () => {
  expect(outline(read("backend b\n x y\0z\n w\n").sections)).toEqual(["backend b: x y"]);
});

test("the latest defaults apply, or those that from names", () => {
  const text = "defaults a\ndefaults\ndefaults c from a\nbackend x\nbackend y from a\nresolvers r\n";
  const { sections, messages } = read(text);
  expect(messages).toEqual([]);
  const lines = sections.map(({ name, defaults }) => `${name} < ${defaults?.header.line ?? "-"}`);
  expect(lines).toEqual(["a < -", " < -", "c < 1", "x < 3", "y < 1", "r < -"]);
});

test("a section ends with its file, defaults and names do not", () => {
  const { sections, messages } = read("defaults\nbackend b\n", ["stray\nbackend b\nbackend c\n"]);
  expect(messages).toEqual([
    "parsing [a1.cfg:1]: unknown keyword 'stray' out of section.",
    "Parsing [a1.cfg:2]: backend 'b' has the same name as backend 'b' declared at a.cfg:2.",
  ]);
  expect(sections.at(-1)?.defaults?.header.file).toBe("a.cfg");
});

test("a frontend may have a backend's name, with a warning", () => {
  const text = "frontend a\nbackend a\n";
  const diagnostics = new Diagnostics();
  readConfiguration([{ name: "a.cfg", text }], new Map(), diagnostics);
  expect(diagnostics.all.map((one) => one.level)).toEqual(["warning"]);
  expect(diagnostics.refused).toBe(false);
});

test("a folder stands for its .cfg files in order of bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "read-"));
  try {
    for (const name of ["b.cfg", "a.cfg", "10.cfg", "B.cfg", "c.txt", ".h.cfg"])
      writeFileSync(join(folder, name), name);
    mkdirSync(join(folder, "sub.cfg"));
    const diagnostics = new Diagnostics();
    const files = loadFiles([join(folder, "c.txt"), folder], diagnostics);
    expect(files?.map((file) => file.text)).toEqual(["c.txt", "10.cfg", "B.cfg", "a.cfg", "b.cfg"]);
    expect(loadFiles([join(folder, "none")], diagnostics)).toBe(null);
    expect(diagnostics.all.map((one) => one.text)).toEqual([
      `Cannot open configuration file/directory ${join(folder, "none")} : No such file or directory`,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(["1", "0"])("a hundred blocks within each other are too many, with .if %s", (condition) => {
  const nested = (count: number): string[] =>
    read(`global\n${`.if ${condition}\n`.repeat(count)}x\n${".endif\n".repeat(count)}`).messages;
  expect(nested(99)).toEqual([]);
  expect(nested(100)).toEqual(["parsing [a.cfg:101]: too many nested '.if', max is 100."]);
});
