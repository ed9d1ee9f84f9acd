/** Comparisons follow what the admin socket does to lists of patterns. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { AclTest, PatternListPlan } from "../../../src/plan.ts";
import { compileCondition } from "../../../src/rules/condition.ts";
import { compileExpression } from "../../../src/rules/expression.ts";
import { PatternList } from "../../../src/rules/patterns.ts";
import { done, expression, session, tables } from "./session.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

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
    expect(done(files.remove({ key: "d" }))).toBe(1);
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
    expect(done(maps.set({ key: "a" }, "2"))).toBe(1);
    answers.push(evaluate(session()));
    expect(done(maps.remove({ key: "a" }))).toBe(1);
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

  test("what is found by an index is what is found by looking at each, whatever changes", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
    let state = seed;
    const below = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % bound;
    };
    const exact = { match: "str", ignoreCase: false, output: "str" } as const;
    const others = { match: "sub", ignoreCase: false, output: "str" } as const;
    const lists = [exact, others].map((use) => new PatternList({ ...listPlan({ isMap: true }, []), uses: [use] })) as [
      PatternList,
      PatternList,
    ];
    const said = (list: PatternList): unknown => [
      list.size,
      Array.from(list.entries(), ({ key, value }) => [key, value]),
      ["a", "b", "c"].map((key) => list.find(exact, key).entry?.value),
    ];
    for (let round = 0; round < 1000; round++) {
      const [verb, key, value] = [below(12), "abc"[below(3)] ?? "", String(below(9))];
      const counts = lists.map((list) => {
        if (verb < 5) list.add(key, value);
        else if (verb < 7) return done(list.set({ key }, value));
        else if (verb < 9) return done(list.remove({ key }));
        else if (verb === 9) list.add(key, value, list.prepare());
        else if (verb === 10) return list.commit(list.nextVersion);
        else if (value === "0") list.clear();
        else {
          const [first] = list.entries();
          return first === undefined ? 0 : done(list.remove({ reference: first.reference }));
        }
        return null;
      });
      expect({ seed, round, counts: counts[0], said: said(lists[0]) }).toEqual({
        seed,
        round,
        counts: counts[1],
        said: said(lists[1]),
      });
    }
  });

  test("one entry among many is changed and found without a look at the others", () => {
    const { known, maps } = stage();
    for (let index = 0; index < 200_000; index++) maps.add(`k${index}`, "v");
    const evaluate = compileExpression(expression("str(new),map(/m,none)", { "/m": ["a 1"] }), known);
    const use = { match: "str", ignoreCase: false, output: "str" } as const;
    for (let index = 0; index < 5000; index++) {
      maps.add("new", String(index));
      expect(evaluate(session())).toEqual({ type: "str", value: String(index) } as never);
      expect(maps.set({ key: "new" }, "x").next()).toEqual({ done: true, value: 1 });
      expect(maps.find(use, "new").entry?.value).toBe("x");
      expect(maps.remove({ key: "new" }).next()).toEqual({ done: true, value: 1 });
    }
  });

  test("a change that has to look at all entries can be left off", () => {
    const list = new PatternList({
      ...listPlan({ isMap: true }, []),
      uses: [{ match: "sub", ignoreCase: false, output: "str" }],
    });
    for (let index = 0; index < 10_000; index++) list.add(`k${index}`, "v");
    const seen: number[] = [];
    const steps = list.set({ key: "k9999" }, "w");
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) seen.push(step.value);
    expect([step.value, Math.max(...seen) < 100, seen.length > 100]).toEqual([1, true, true]);
  });
});
