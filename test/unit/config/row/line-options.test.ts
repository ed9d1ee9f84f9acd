/** Options of one line: found by name, told apart by how many words they take. */
import { expect, test } from "bun:test";
import { Complaint } from "../../../../src/config/text/complaint.ts";
import { lexLine } from "../../../../src/config/text/lexer.ts";
import { optionsOf, readOptions } from "../../../../src/config/row/line-options.ts";
import type { Draft } from "../../../../src/config/draft/draft.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { integer, text, time } from "../../../../src/config/row/value.ts";

const { works, idle, refused } = optionsOf<string[]>("server");

const rows = [
  works("count", {
    help: "",
    takes: [integer({ name: "count", missing: "'count' : missing" })],
    land: (said, [value]) => void said.push(`count ${value}`),
  }),
  works("wait", {
    help: "",
    hasTimes: true,
    takes: [time({ missing: "'wait' : missing", fault: () => "'wait' : bad" })],
    land: (said, [value]) => void said.push(`wait ${String(value)}`),
  }),
  works("pair", {
    help: "",
    takes: [text("'pair' : missing")],
    land(said, [first], line) {
      said.push(`pair ${first} ${line.rest[1]?.text ?? "none"}`);
      return 1;
    },
  }),
  works("with(", { help: "", takes: [], land: (said, _values, line) => void said.push(line.keyword.text) }),
  idle("quiet", { help: "", takes: 1, reason: "it is quiet" }),
  refused("never", { help: "", reason: "no", advice: "remove it" }),
];
const table = new Map(rows.map((row) => [row.name, row]));

function read(source: string): { said: readonly string[]; draft: Draft; complaint: string | null } {
  const said: string[] = [];
  const draft = { diagnostics: new Diagnostics(), global: { withoutEffect: [] } } as unknown as Draft;
  const lexed = lexLine(source, { file: "f", line: 1, section: "" }, new Map());
  if (!lexed.ok) throw new Error(source);
  const statement = { file: "f", line: 1, source, words: lexed.words };
  try {
    readOptions(table, said, statement, 1, draft, {
      unknown(word, near) {
        throw new Complaint(`unknown ${word.text}, near ${String(near)}`, word);
      },
      wrong(complaint) {
        throw new Complaint(`line : ${complaint.message}`, complaint.word, complaint.advice);
      },
    });
    return { said, draft, complaint: null };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { said, draft, complaint: error.message };
  }
}

test.each([
  ["server", [], null],
  ["server count 5 wait 2s", ["count 5", "wait 2000"], null],
  ["server pair a b count 1", ["pair a b", "count 1"], null],
  ["server with(x) count 1", ["with(x)", "count 1"], null],
  ["server quiet count count 2", ["count 2"], null],
  ["server '' count 2", [], null],
  ["server cuont 5", [], "unknown cuont, near count"],
  ["server count 1 never", ["count 1"], "line : 'never' is not supported"],
  ["server count", [], "line : 'count' : missing"],
])("%s", (source, said, complaint) => {
  expect(read(source)).toMatchObject({ said, complaint });
});

test("what has no effect is noted", () => {
  expect(read("server quiet x").draft.global.withoutEffect).toEqual([
    { keyword: "quiet", reason: "it is quiet", position: { file: "f", line: 1 } },
  ]);
});

test("a loose time is warned of, among the option's own words alone", () => {
  expect(read("server wait 1hour").draft.diagnostics.all.map(({ level }) => level)).toEqual(["warning"]);
  expect(read("server wait 1h pair 1hour x").draft.diagnostics.all).toEqual([]);
});
