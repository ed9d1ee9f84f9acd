/** A new file is whole, readable by all, and replaces nothing unless told to. */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { writeNewFile } from "../../../../src/cli/init/new-file.ts";
import { scratch } from "../../../e2e/harness.ts";

test("it is written with the rights of a configuration, and leaves nothing else", () => {
  using folder = scratch();
  const path = folder.file("a");
  const old = process.umask(0o077);
  try {
    writeNewFile(path, "text ä\n", false);
  } finally {
    process.umask(old);
  }
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o7777, readdirSync(folder.path)]).toEqual([
    "text ä\n",
    0o644,
    ["a"],
  ]);
});

test("what is there is kept, or replaced whole", () => {
  using folder = scratch();
  const path = folder.file("a");
  writeFileSync(path, "old");
  expect(() => writeNewFile(path, "new", false)).toThrow("EEXIST");
  expect([readFileSync(path, "utf8"), readdirSync(folder.path)]).toEqual(["old", ["a"]]);
  writeNewFile(path, "new", true);
  expect([readFileSync(path, "utf8"), readdirSync(folder.path)]).toEqual(["new", ["a"]]);
});

test("a link is replaced and not followed; a folder is not replaced", () => {
  using folder = scratch();
  const other = folder.file("other");
  writeFileSync(other, "kept");
  symlinkSync(other, folder.file("a"));
  expect(() => writeNewFile(folder.file("a"), "new", false)).toThrow("EEXIST");
  writeNewFile(folder.file("a"), "new", true);
  expect([readFileSync(other, "utf8"), readFileSync(folder.file("a"), "utf8")]).toEqual(["kept", "new"]);
  mkdirSync(folder.file("d"));
  expect(() => writeNewFile(folder.file("d"), "new", true)).toThrow();
  expect(() => writeNewFile(folder.file("no/such"), "new", true)).toThrow("ENOENT");
  expect(readdirSync(folder.path).toSorted()).toEqual(["a", "d", "other"]);
});
