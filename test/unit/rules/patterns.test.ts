/** Comparisons follow what the admin socket does to lists of patterns. */
import { describe, expect, test } from "bun:test";
import type { AclTest, PatternListPlan } from "../../../src/plan.ts";
import { compileCondition } from "../../../src/rules/condition.ts";
import { compileExpression } from "../../../src/rules/expression.ts";
import type { PatternList } from "../../../src/rules/patterns.ts";
import { done, expression, session, tables } from "./session.ts";

function listPlan(own: Partial<PatternListPlan>, lines: readonly string[]): PatternListPlan {
  const entries = lines.map((line) => {
    const [key = "", value = null] = line.split(" ");
    return { key, value, compared: [key] };
  });
  const uses = [{ match: "str", ignoreCase: false, output: null }] as const;
  return { id: 0, file: null, isAcl: own.isMap !== true, isMap: false, description: "", uses, entries, ...own };
}

function stage() {
  const file = listPlan({ file: "/f" }, ["a", "b"]);
  const own = listPlan({ id: 1 }, ["c"]);
  const map = listPlan({ id: 2, file: "/m", isMap: true }, ["a 1"]);
  const known = done(tables([]).next([], [file, own, map]));
  const [files, owns, maps] = [...known.patterns.all()] as [PatternList, PatternList, PatternList];
  const decide = (text: string): (() => boolean | "wait") => {
    const acl: AclTest = {
      expression: expression(`str(${text})`),
      match: "str",
      ignoreCase: false,
      patterns: ["never"],
      files: ["/f"],
      own,
    };
    const any = [[{ negate: false, acl: { name: null, tests: [acl] } }]];
    const compiled = compileCondition({ unless: false, any }, known);
    return () => compiled(session());
  };
  const matches = (text: string): boolean | "wait" => decide(text)();
  return { known, files, owns, maps, decide, matches };
}

describe("lists of patterns", () => {
  test("a test compares with its files' and its own", () => {
    const { matches } = stage();
    expect(["a", "b", "c", "d", "never"].map((text) => matches(text))).toEqual([true, true, true, false, false]);
  });

  test("a compiled condition follows additions, removals and emptying", () => {
    const { files, owns, decide } = stage();
    const ask = decide("d");
    const answers = [ask()];
    files.add("d", null);
    answers.push(ask());
    files.remove((entry) => entry.key === "d");
    answers.push(ask());
    owns.add("d", null);
    answers.push(ask());
    owns.clear();
    answers.push(ask());
    expect(answers).toEqual([false, true, false, true, false]);
  });

  test("a map follows new values", () => {
    const { known, maps } = stage();
    const text = "str(a),map(/m,none)";
    const evaluate = compileExpression(expression(text, { "/m": ["a 1"] }), known);
    const answers = [evaluate(session())];
    maps.set((entry) => entry.key === "a", "2");
    answers.push(evaluate(session()));
    maps.remove((entry) => entry.key === "a");
    answers.push(evaluate(session()));
    expect(answers).toEqual(["1", "2", "none"].map((value) => ({ type: "str", value })) as never);
  });

  test("a prepared version counts from its commit on", () => {
    const { files, matches } = stage();
    const version = files.prepare();
    files.add("d", null, version);
    expect([matches("a"), matches("d")]).toEqual([true, false]);
    expect([files.commit(version + 1), files.commit(version), files.commit(version)]).toEqual([false, true, false]);
    expect([matches("a"), matches("d")]).toEqual([false, true]);
    expect([...files.entries(0)]).toEqual([]);
  });

  test("a reload forgets changes", () => {
    const { known, files } = stage();
    files.add("d", null);
    const next = done(known.next([], [listPlan({ file: "/f" }, ["a"])]));
    expect([...next.patterns.all()].map((list) => Array.from(list.entries(), (entry) => entry.key))).toEqual([["a"]]);
  });
});
