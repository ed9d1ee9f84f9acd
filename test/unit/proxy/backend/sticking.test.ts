import { expect, test } from "bun:test";
import type { StickRule } from "../../../../src/plan/rules/rule.ts";
import { compileStickRules, remember, type StickStore } from "../../../../src/proxy/backend/sticking.ts";
import { condition, expression, session, tablePlan, tables } from "../../rules/session.ts";

function rule(kind: StickRule["kind"], own: Partial<StickRule> = {}): StickRule {
  return { kind, key: expression("src"), table: null, condition: null, ...own } as StickRule;
}

function scene(rules: readonly StickRule[]) {
  const all = tables([tablePlan([]), tablePlan([], { name: "other" })]);
  return { sticking: compileStickRules(rules, all, "t"), all };
}

test("a key leads to the server that it led to before", () => {
  const { sticking } = scene([rule("on")]);
  const stores: StickStore[] = [];
  expect(sticking.match(session(), stores)).toBeNull();
  expect(stores.length).toBe(1);
  remember(sticking, stores, session(), { name: "s2", id: 2 });
  expect(sticking.match(session(), [])).toBe("s2");
  const other = session({ source: { kind: "tcp", host: "10.0.0.7", port: 1 } });
  expect(sticking.match(other, [])).toBeNull();
});

test("'match' remembers nothing, 'store-request' leads nowhere", () => {
  const { sticking } = scene([rule("match"), rule("store-request", { table: "other" })]);
  const stores: StickStore[] = [];
  expect(sticking.match(session(), stores)).toBeNull();
  expect(stores.map(({ table }) => table.name)).toEqual(["other"]);
  remember(sticking, stores, session(), { name: "s1", id: 1 });
  expect(sticking.match(session(), [])).toBeNull();
});

test("the first rule with an entry decides", () => {
  const { sticking, all } = scene([rule("match", { table: "other" }), rule("match")]);
  const own = compileStickRules([rule("on")], all, "t");
  const stores: StickStore[] = [];
  own.match(session(), stores);
  remember(own, stores, session(), { name: "own", id: 1 });
  expect(sticking.match(session(), [])).toBe("own");
  const other = compileStickRules([rule("on", { table: "other" })], all, "t");
  const others: StickStore[] = [];
  other.match(session(), others);
  remember(other, others, session(), { name: "other", id: 2 });
  expect(sticking.match(session(), [])).toBe("other");
});

test("a line whose condition does not hold, or without a table, does nothing", () => {
  const never = condition("src_port", "int", ["1"]);
  const { sticking } = scene([rule("on", { condition: never }), rule("on", { table: "nowhere" })]);
  const stores: StickStore[] = [];
  expect([sticking.match(session(), stores), stores]).toEqual([null, []]);
});

test("'store-response' is asked once the server is known", () => {
  expect(scene([rule("on")]).sticking.response).toBeNull();
  const { sticking } = scene([rule("store-response"), rule("match")]);
  const stores: StickStore[] = [];
  expect([sticking.match(session(), stores), stores]).toEqual([null, []]);
  remember(sticking, stores, session(), { name: "s3", id: 3 });
  expect(sticking.match(session(), [])).toBe("s3");
});
