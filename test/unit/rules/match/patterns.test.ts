/** Comparisons follow what the admin socket does to lists of patterns. */
import type { AclTest, PatternListPlan, PatternUse } from "../../../../src/plan/rules/acl.ts";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { compileCondition } from "../../../../src/rules/condition.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { compileSearch } from "../../../../src/rules/match/match.ts";
import type { IndexKind } from "../../../../src/rules/match/pattern-index.ts";
import { type Sample, bin, sint, str } from "../../../../src/rules/value/sample.ts";
import { PatternList } from "../../../../src/rules/match/patterns.ts";
import { done, expression, session, tables } from "../session.ts";

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

const keysOf: Partial<Record<IndexKind, readonly string[]>> = {
  str: ["a", "A", "b", ""],
  beg: ["ab", "a", "Abc", "b", ""],
  end: ["ba", "a", "cBa", "b"],
  sub: ["b", "abc", "B"],
  dir: ["/a/", "a", "b?"],
  dom: ["a.b", "b", "A"],
  reg: ["b", "^a$", "A", "a|b"],
  int: ["5", "4:6", "gt 4", "le 5", "9223372036854775807", "-3"],
  len: ["1", "2:3", "1:"],
  ver: ["3.1", "3.0:3.3", "3.2"],
  ip: ["10.1.2.3", "10.1.0.0/16", "10.0.0.0/255.0.0.0", "::1", "::ffff:10.1.0.0/112", "::/0"],
  bin: ["00ff", "00FF", "01"],
};

/** Patterns that do not hold the first of `keysOf`. */
const manyOf: Partial<Record<IndexKind, (index: number) => string>> = {
  int: (index) => String(index + 10),
  len: (index) => String(index + 10),
  ver: (index) => `9.${index}`,
  ip: (index) => `11.${index >> 8}.${index & 255}.0/24`,
  bin: (index) => index.toString(16).padStart(8, "0"),
};

/** Something that a pattern might match. */
function sampleLike(match: IndexKind, key: string): Sample {
  if (match === "bin") return bin(new Uint8Array(Buffer.from(key, "hex")));
  if (match === "ver") return sint(BigInt(0x30000 + key.length));
  return str(match === "reg" ? key.replaceAll(/\W/g, "") : key);
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

  test("what is found after any changes is what a search of the same patterns finds that was made now", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
    let state = seed;
    const below = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % bound;
    };
    for (const [match, keys] of Object.entries(keysOf) as [IndexKind, readonly string[]][]) {
      const ignoreCase = below(2) === 1;
      const uses: PatternUse[] = match === "ver" ? [] : [{ match, ignoreCase, output: "str" }];
      const list = new PatternList({ ...listPlan({ isMap: true }, []), uses: uses.slice(below(2)) });
      const search = list.search(match, ignoreCase);
      for (let round = 0; round < 300; round++) {
        const [verb, key, value] = [below(10), keys[below(keys.length)] ?? "", String(below(9))];
        if (verb < 5) list.add(key, value);
        else if (verb < 7) done(list.set({ key }, value));
        else if (verb < 9) done(list.remove({ key }));
        else if (below(4) === 0) list.clear();
        else {
          const next = list.prepare();
          for (const one of keys) if (below(2) === 1) list.add(one, value, next);
          list.commit(next);
        }
        const now = compileSearch(
          match,
          Array.from(list.entries(), (entry) => ({ text: entry.key, value: entry })),
          ignoreCase,
        );
        for (const one of keys) {
          const sample = sampleLike(match, one);
          expect({ seed, match, round, one, found: search(sample) }).toEqual({
            seed,
            match,
            round,
            one,
            found: now(sample),
          });
        }
      }
    }
  });

  for (const match of Object.keys(keysOf).filter((kind) => kind !== "ver") as PatternUse["match"][]) {
    test(`one entry among many is changed and looked up (${match}) at the cost of one`, () => {
      const use: PatternUse = { match, ignoreCase: false, output: "str" };
      const list = new PatternList({ ...listPlan({ isMap: true }, []), uses: [use] });
      const [word = ""] = keysOf[match as IndexKind] ?? [];
      const text = match === "bin" ? "\0\xff" : word;
      const write = manyOf[match as IndexKind] ?? ((index) => `k${index}`);
      list.add(word, "first");
      for (let index = 0; index < 5000; index++) list.add(write(index), "v");
      for (let index = 0; index < 5000; index++) {
        list.add(write(5000 + index), "v");
        expect(done(list.set({ key: word }, String(index)))).toBe(1);
        expect(list.find(use, text).entry?.value).toBe(String(index));
        expect(done(list.remove({ key: write(5000 + index) }))).toBe(1);
      }
    });
  }

  test("the expressions of a list are compiled while it is filled, in steps", () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `^a${index}$`);
    const plan = listPlan({ uses: [{ match: "reg", ignoreCase: false, output: null }] }, lines);
    const steps = [...new PatternList(plan).fill(plan.entries)];
    expect([steps.length > 100, Math.max(...steps) < 100]).toEqual([true, true]);
  });

  test("a change of many entries can be left off", () => {
    const list = new PatternList(listPlan({ isMap: true }, []));
    for (let index = 0; index < 10_000; index++) list.add("k", "v");
    const seen: number[] = [];
    const steps = list.set({ key: "k" }, "w");
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) seen.push(step.value);
    expect([step.value, Math.max(...seen) < 100, seen.length > 100]).toEqual([10_000, true, true]);
  });
});
