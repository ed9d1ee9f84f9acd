/** How a section's lines find their rows, and what those are told that find none. */
import { expect, test } from "bun:test";
import { rowsOf } from "../../../../src/config/row/row.ts";
import { anyWords, text, words } from "../../../../src/config/row/value.ts";
import { readSection, sectionTable } from "../../../../src/config/sections/section-reader.ts";
import { Complaint } from "../../../../src/config/text/complaint.ts";
import type { Draft } from "../../../../src/config/draft/draft.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { line } from "../reading.ts";

const { works } = rowsOf<string[]>("proxy");

const table = sectionTable<string[]>(
  [
    works("name", {
      help: "",
      words: words("name", [text("'name' : missing")]),
      land: (target, [value]) => void target.push(value),
    }),
    works("option keep", {
      help: "",
      negatable: true,
      words: anyWords(),
      land: (target, _values, { negated, start }) => void target.push(`${negated ? "no " : ""}keep ${start}`),
    }),
    works("tight", {
      help: "",
      tight: true,
      words: anyWords(),
      land() {
        throw new Complaint("never");
      },
    }),
    works("refused", { help: "", words: anyWords(), land: (target) => void target.push("refused") }),
  ],
  {
    admit: (row) => row.name !== "refused",
    family: ({ words: [first] }) => (first?.text === "option" ? "no such option" : null),
    called: () => "mine",
  },
);

function read(source: string): { target: string[]; said: readonly string[] } {
  const target: string[] = [];
  const diagnostics = new Diagnostics();
  const draft = { diagnostics, files: { readFor: () => undefined }, global: { withoutEffect: [] } } as unknown as Draft;
  const section = { kind: "backend", name: "p", header: line("backend p"), statements: [line(source)] };
  readSection(table, section as never, target, draft);
  return { target, said: diagnostics.all.map((one) => one.text) };
}

test.each([
  ["name x", ["x"], []],
  ["option keep", ["keep 2"], []],
  ["no option keep", ["no keep 3"], []],
  ["refused", [], []],
  ["name", [], ["parsing [a.cfg:3] : 'name' : missing"]],
  ["tight", [], ["parsing [a.cfg:3]: never"]],
  ["option x", [], ["parsing [a.cfg:3] : no such option"]],
  ["nmae x", [], ["parsing [a.cfg:3] : unknown keyword 'nmae' in 'mine' section; did you mean 'name' maybe ?"]],
  ["default option keep", [], ["parsing [a.cfg:3]: negation/default is not supported for option 'keep'."]],
])("%s", (source, target, said) => expect(read(source)).toEqual({ target, said }));

test("no other word may be negated", () => {
  expect(read("no name x").said[0]).toStartWith("parsing [a.cfg:3]: negation/default currently supported only for");
});
