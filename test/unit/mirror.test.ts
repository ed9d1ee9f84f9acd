/** Holds test/unit to src: each file has its unit test at the same path, or the table beside this file names the suite that runs it. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { coveredBy } from "./covered-by.ts";

const root = join(import.meta.dir, "../..");

interface Tree {
  /** Files that have something to run, below src, without `.ts`. */
  readonly files: readonly string[];
  readonly hasUnitTest: (file: string) => boolean;
  readonly isSuite: (path: string) => boolean;
}

type Entry = readonly [files: string, suite: string];

/** What is wrong: files that nothing runs, entries that name no suite, and entries that match no file any more. */
function mirror({ files, hasUnitTest, isSuite }: Tree, entries: readonly Entry[]) {
  const alone = files.filter((file) => !hasUnitTest(file));
  return {
    untested: alone.filter((file) => !entries.some(([pattern]) => isMatch(pattern, file))),
    noSuite: entries.filter(([, suite]) => !isSuite(suite)),
    needless: entries.filter(([pattern]) => !files.some((file) => isMatch(pattern, file))),
  };
}

/** `a/b`, `a/*` for the files of a folder, `a/**` for all below it. */
function isMatch(pattern: string, file: string): boolean {
  const folder = /^(.*\/)\*(\*?)$/.exec(pattern);
  if (folder === null) return pattern === file;
  const [, start = "", deep] = folder;
  return file.startsWith(start) && (deep === "*" || !file.includes("/", start.length));
}

const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Types alone are held by the type checker. */
function hasCode(file: string): boolean {
  return transpiler.transformSync(readFileSync(join(root, "src", file), "utf8")).trim() !== "";
}

test("every file of src is tested", () => {
  const tree: Tree = {
    files: readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && hasCode(name))
      .map((name) => name.replace(/\.ts$/, ""))
      .toSorted(),
    hasUnitTest: (file) => existsSync(join(root, "test/unit", `${file}.test.ts`)),
    isSuite: (path) => path.startsWith("test/") && /(?:\.test\.ts|\/)$/.test(path) && existsSync(join(root, path)),
  };
  expect(tree.files.length).toBeGreaterThan(200);
  expect(mirror(tree, coveredBy)).toEqual({ untested: [], noSuite: [], needless: [] });
});

test("what is missing or needless is told", () => {
  const tree: Tree = {
    files: ["a/one", "a/b/two", "a/b/three", "four"],
    hasUnitTest: (file) => file === "a/b/two",
    isSuite: (path) => path === "test/here.test.ts",
  };
  const here = "test/here.test.ts";
  expect(mirror(tree, [])).toEqual({ untested: ["a/one", "a/b/three", "four"], noSuite: [], needless: [] });
  expect(
    mirror(tree, [
      ["a/**", here],
      ["four", here],
    ]),
  ).toEqual({ untested: [], noSuite: [], needless: [] });
  expect(
    mirror(tree, [
      ["a/*", here],
      ["a/b/two", here],
      ["gone", "test/gone.test.ts"],
    ]),
  ).toEqual({
    untested: ["a/b/three", "four"],
    noSuite: [["gone", "test/gone.test.ts"]],
    needless: [["gone", "test/gone.test.ts"]],
  });
});
