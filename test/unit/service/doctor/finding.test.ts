/** Findings in order, and what an exit code they make. */
import { expect, test } from "bun:test";
import { exitCodeOf, type Finding, inOrder, lineText } from "../../../../src/service/doctor/finding.ts";

const finding = (severity: Finding["severity"], file?: string, line = 1): Finding => ({
  severity,
  id: "x",
  what: "",
  position: file === undefined ? null : { file, line },
  fix: null,
});

test("what is worst comes first, then what stands first", () => {
  const all = [
    finding("note"),
    finding("warning", "b", 1),
    finding("warning", "a", 9),
    finding("warning", "a", 2),
    finding("error", "z"),
  ];
  expect(inOrder(all).map(({ severity, position }) => [severity, position?.file, position?.line])).toEqual([
    ["error", "z", 1],
    ["warning", "a", 2],
    ["warning", "a", 9],
    ["warning", "b", 1],
    ["note", undefined, undefined],
  ]);
});

test("the exit code is the worst", () => {
  expect(
    [[], [finding("note")], [finding("note"), finding("warning")], [finding("error"), finding("warning")]].map(
      exitCodeOf,
    ),
  ).toEqual([0, 0, 1, 2]);
});

test("a line as it stands, without what is around it", () => {
  const files = [{ name: "a", text: "one\n  server s 192.0.2.1:22  # here\n server t a\\#b\n" }];
  expect([2, 3, 9].map((line) => lineText(files, { file: "a", line }))).toEqual([
    "server s 192.0.2.1:22",
    "server t a\\#b",
    null,
  ]);
  expect(lineText(files, { file: "b", line: 1 })).toBeNull();
});
