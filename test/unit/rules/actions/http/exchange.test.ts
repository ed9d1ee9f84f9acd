/** Actions on how an exchange goes on. */
import { describe, expect, test } from "bun:test";
import type { Action } from "../../../../../src/plan/rules/rule.ts";
import type { PatternListPlan, PatternUse } from "../../../../../src/plan/rules/acl.ts";
import { Tables } from "../../../../../src/rules/stick/tables.ts";
import { compileRules } from "../../../../../src/rules/ruleset.ts";
import { compileExpression } from "../../../../../src/rules/expression.ts";
import { expression, format, session, tablePlan, tables } from "../../session.ts";
import { exchange, recorder, request, response, rule, run } from "../exchange.ts";

function told(actions: readonly Action[]): unknown[] {
  const all = recorder();
  run(actions, exchange(request("/a")), all);
  return all.told;
}

describe("status", () => {
  test.each([
    [404, null, "Not Found"],
    [404, "Not here", "Not here"],
    [299, null, "Success"],
  ] as const)("%d %s", (status, reason, expected) => {
    const answered = response(200);
    run([{ kind: "set-status", status, reason }], exchange(request("/a"), answered));
    expect([answered.status, answered.reason]).toEqual([status, expected]);
  });
});

describe("effects", () => {
  test("captures go into their slot", () => {
    const capture: Action = { kind: "capture", from: "request", value: expression("dst_port"), slot: 3, length: null };
    expect(told([capture])).toEqual([["capture", "request", 3, "22"]]);
    expect(told([{ ...capture, length: 1 }])).toEqual([["capture", "request", 3, "2"]]);
  });

  test("without an exchange, into a slot of the session's", () => {
    const { effects, told: all } = recorder();
    const { http: _, ...early } = effects;
    const capture: Action = { kind: "capture", from: "request", value: expression("dst_port"), slot: 1, length: 1 };
    compileRules([rule(capture)], new Tables())
      .start(session(), early)
      .step();
    expect(all).toEqual([["early", 1, "2"]]);
  });

  test("what has no value is not captured", () => {
    expect(
      told([{ kind: "capture", from: "request", value: expression("var(txn.none)"), slot: 0, length: null }]),
    ).toEqual([]);
  });

  test("time-outs are milliseconds, and none is not one", () => {
    const actions = [5000, expression("int(30)"), expression("int(0)"), expression("var(txn.none)")].map(
      (value): Action => ({ kind: "set-timeout", which: "tunnel", value }),
    );
    expect(told(actions)).toEqual([
      ["timeout", "tunnel", 5000],
      ["timeout", "tunnel", 30],
    ]);
  });

  test("disable-l7-retry", () => expect(told([{ kind: "disable-l7-retry" }])).toEqual(["no retry"]));

  test("a body is waited for, and then the next rule follows", () => {
    const wait: Action = { kind: "wait-for-body", waitMs: 1000, atLeast: 10 };
    expect(run([wait], exchange(request("/")), recorder(false))).toBe("wait");
    expect(run([wait, { kind: "reject" }], exchange(request("/")), recorder(true))).toBe("reject");
  });

  test("allow lets pass what the other rules are about", () => {
    expect(run([{ kind: "allow" }, { kind: "reject" }], exchange(request("/")))).toBe("accept");
  });
});

function listOf(use: PatternUse, keys: readonly string[], isMap = false): Tables {
  const plan: PatternListPlan = {
    id: 1,
    file: "x.lst",
    isAcl: !isMap,
    isMap,
    description: "",
    uses: [use],
    entries: keys.map((key) => ({ key, value: isMap ? "v" : null, compared: [key] })),
  };
  const all = new Tables();
  for (const _ of all.patterns.take([plan]));
  return all;
}

function keysAfter(action: Action, all: Tables): string[] {
  run([action], exchange(request("/")), recorder(), all);
  const entries = [...(all.patterns.file("x.lst")?.inForce() ?? [])];
  return entries.map(({ key, value }) => (value === null ? key : `${key}=${value}`));
}

function add(key: string): Action {
  return { kind: "add-acl", file: "x.lst", key: format(key) };
}

function set(key: string): Action {
  return { kind: "set-map", file: "x.lst", key: format(key), value: format("w") };
}

describe("lists", () => {
  const text: PatternUse = { match: "str", ignoreCase: false, output: null };

  test("a key is added once", () => {
    expect(keysAfter(add("b"), listOf(text, ["a"]))).toEqual(["a", "b"]);
    expect(keysAfter(add("a"), listOf(text, ["a"]))).toEqual(["a"]);
  });

  test.each([
    ["ip", "10.0.0.0/8", true],
    ["ip", "nobody", false],
    ["reg", "a(b", false],
    ["int", "5", true],
    ["int", "five", false],
  ] as const)("as %s, %s can be compared: %p", (match, key, isAdded) => {
    expect(keysAfter(add(key), listOf({ ...text, match }, []))).toEqual(isAdded ? [key] : []);
  });

  test("a key is taken away", () => {
    expect(keysAfter({ kind: "del-acl", file: "x.lst", key: format("a") }, listOf(text, ["a", "b"]))).toEqual(["b"]);
  });

  test("a map's value is changed, or added", () => {
    const map: PatternUse = { ...text, output: "str" };
    expect(keysAfter(set("a"), listOf(map, ["a"], true))).toEqual(["a=w"]);
    expect(keysAfter(set("b"), listOf(map, ["a"], true))).toEqual(["a=v", "b=w"]);
    expect(keysAfter({ kind: "del-map", file: "x.lst", key: format("a") }, listOf(map, ["a"], true))).toEqual([]);
  });

  test("of a file that nothing has named there is no list", () => {
    expect(keysAfter({ ...add("a"), file: "y.lst" } as Action, listOf(text, ["a"]))).toEqual(["a"]);
  });
});

test("what is tracked within an exchange has that request counted, and no other", () => {
  const all = tables([tablePlan(["http_req_cnt", "conn_cnt"])]);
  const key = expression("src");
  const context = exchange(request("/"));
  const actions = [0, 0, 1].map((slot) => ({ kind: "track-sc", slot, key, table: "t" }) as const);
  run(actions, context, recorder(), all);
  const values = ["sc0_http_req_cnt", "sc0_conn_cnt"].map((text) => compileExpression(expression(text), all)(context));
  expect(values).toMatchObject([{ number: 2 }, { number: 2 }]);
  const connection = session();
  run(actions, connection, recorder(), all);
  expect(compileExpression(expression("sc0_http_req_cnt"), all)(connection)).toMatchObject({ number: 2 });
});
