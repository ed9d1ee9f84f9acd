/** Lists of patterns: files read once, numbers given, how ranges are shown. */
import { expect, test } from "bun:test";
import { patternLines, PatternLists, shownRange, splitMapLine } from "../../../../src/config/draft/pattern-lists.ts";

const position = { file: "a.cfg", line: 3 };
const acl = { match: "str", ignoreCase: false, output: null } as const;
const map = { match: "str", ignoreCase: false, output: "str" } as const;

test("lines that count are without comments and blanks around them", () => {
  expect(patternLines("a \n\n\t b c\r\n# no\n #no\n")).toEqual(["a", "b c"]);
  expect(splitMapLine("k  v w")).toEqual({ key: "k", value: "v w" });
  expect(splitMapLine("k")).toEqual({ key: "k", value: "" });
});

test("a file is one list for all who use it, in each way once", () => {
  const lists = new PatternLists();
  const first = lists.useFile("f", ["k v"], true, map, position);
  const again = lists.useFile("f", ["k v"], true, map, { file: "a.cfg", line: 4 });
  lists.useFile("f", ["k v"], true, { ...map, output: null }, position);
  expect(again).toBe(first);
  expect(first.entries).toEqual([{ key: "k", value: "v", compared: ["k"] }]);
  expect(first.uses).toHaveLength(2);
  expect(first.isAcl).toBe(true);
  expect(first.description).toStartWith(
    "pattern loaded from file 'f' used by map at file 'a.cfg' line 3, by map at file 'a.cfg' line 4",
  );
});

test("a file is read with values or without", () => {
  const lists = new PatternLists();
  lists.useFile("f", ["k v"], false, acl, position);
  expect(() => lists.useFile("f", ["k v"], true, map, position)).toThrow(
    'The file "f" is already used as one column file and cannot be used by as two column file.',
  );
});

test("numbers are counted around those that lines give", () => {
  const lists = new PatternLists();
  lists.addOwn(null, "src", acl, [], position);
  lists.addOwn(0, "dst", acl, [], position);
  lists.addOwn(null, "src", acl, [], position);
  expect(lists.isTaken(0)).toBe(true);
  expect(lists.isTaken(1)).toBe(false);
  expect(lists.numbered().map(({ id, description }) => [id, description])).toEqual([
    [0, "acl 'dst' file 'a.cfg' line 3"],
    [1, "acl 'src' file 'a.cfg' line 3"],
    [2, "acl 'src' file 'a.cfg' line 3"],
  ]);
});

test.each([
  ["gt 100", "101:"],
  ["ge 100", "100:"],
  ["lt 100", ":99"],
  ["le 100", ":100"],
  ["gt 9223372036854775806", "9223372036854775807:"],
  ["le 1:5", "1:5"],
  ["5", "5"],
])("%s is shown as %s", (pattern, shown) => expect(shownRange(pattern)).toBe(shown));
