import { expect, test } from "bun:test";
import type { VariableLimits } from "../../../../src/plan/global.ts";
import { ProcessVariables, SessionVariables } from "../../../../src/proxy/process/variables.ts";
import { type Sample, sint, str } from "../../../../src/rules/value/sample.ts";

const none: VariableLimits = { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 };

function limited(limits: Partial<VariableLimits>): ProcessVariables {
  const process = new ProcessVariables();
  process.limits = { ...none, ...limits };
  return process;
}

function tries(variables: SessionVariables, name: string, value: Sample): boolean {
  variables.set(name, value);
  return variables.get(name)?.value === value.value;
}

/** HAProxy 2.6 sets `txn.a` to ten letters with a limit of 90, and not with 89; two of them from 180 on. */
test.each([
  ["sess", ["sess.a", "txn.a", "req.a", "res.a"], []],
  ["txn", ["txn.a", "req.a", "res.a"], ["sess.a"]],
  ["reqres", ["req.a", "res.a"], ["sess.a", "txn.a"]],
  ["proc", ["proc.a", "sess.a", "txn.a", "req.a"], []],
  ["global", ["proc.a", "sess.a", "txn.a", "req.a"], []],
] as const)("a limit of the scope %s", (limit, bound, free) => {
  const ten = str("xxxxxxxxxx");
  for (const name of bound) {
    expect([name, tries(new SessionVariables(limited({ [limit]: 89 })), name, ten)]).toEqual([name, false]);
    const variables = new SessionVariables(limited({ [limit]: 170 }));
    expect([name, tries(variables, name, ten)]).toEqual([name, true]);
    expect([name, tries(variables, `${name}2`, ten)]).toEqual([name, false]);
    variables.unset(name);
    expect([name, tries(variables, `${name}2`, ten)]).toEqual([name, true]);
  }
  for (const name of free)
    expect([name, tries(new SessionVariables(limited({ [limit]: 1 })), name, ten)]).toEqual([name, true]);
});

test("a value that grows too much is not taken, and the one before stays", () => {
  const variables = new SessionVariables(limited({ txn: 100 }));
  expect(tries(variables, "txn.a", str("x".repeat(20)))).toBe(true);
  variables.set("txn.a", str("x".repeat(21)));
  expect(variables.get("txn.a")).toEqual(str("x".repeat(20)));
  expect(tries(variables, "txn.a", sint(5))).toBe(true);
});

test("what sessions and checks took is given back", () => {
  const process = limited({ proc: 240 });
  const first = new SessionVariables(process);
  expect(tries(first, "proc.kept", sint(1))).toBe(true);
  expect(tries(first, "txn.a", sint(1))).toBe(true);
  expect(tries(first, "sess.a", sint(1))).toBe(true);
  const second = new SessionVariables(process, true);
  expect(tries(second, "check.a", sint(1))).toBe(false);
  first.release();
  first.release();
  expect(tries(second, "check.a", sint(1))).toBe(true);
  expect(tries(second, "check.b", sint(1))).toBe(true);
  expect(tries(second, "check.c", sint(1))).toBe(false);
  expect(second.get("proc.kept")).toEqual(sint(1));
});

test("checks have a limit of their own", () => {
  const process = limited({ check: 90, sess: 10 });
  const variables = new SessionVariables(process, true);
  expect(tries(variables, "check.a", str("xxxxxxxxxx"))).toBe(true);
  expect(tries(variables, "check.b", sint(1))).toBe(false);
});
