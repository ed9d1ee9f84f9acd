/** Actions on fields; what they come to was seen with HAProxy 2.6. */
import { describe, expect, test } from "bun:test";
import type { Action } from "../../../../../src/plan/rules/rule.ts";
import { str } from "../../../../../src/rules/value/sample.ts";
import { format } from "../../session.ts";
import { exchange, fieldsOf, linesOf, recorder, request, response, run } from "../exchange.ts";

const lines = [
  ["host", "h.example"],
  ["x-m", "1"],
  ["x-m", "2, 3"],
] as const;

/** The fields that are left of `lines`, or how the rules ended. */
function left(actions: readonly Action[]): string[] | string {
  const asked = request("/a", lines);
  const verdict = run(actions, exchange(asked));
  return verdict === "pass" ? linesOf(asked.fields) : verdict;
}

const write = (kind: "add-header" | "set-header", name: string, text: string): Action => ({
  kind,
  name,
  value: format(text),
});

describe("fields are written", () => {
  test("add-header adds one", () => {
    expect(left([write("add-header", "x-m", "4")])).toEqual(["host: h.example", "x-m: 1", "x-m: 2, 3", "x-m: 4"]);
  });

  test("set-header puts one in the place of all", () => {
    expect(left([write("set-header", "x-m", "4")])).toEqual(["host: h.example", "x-m: 4"]);
  });

  test("a rule sees what the one before wrote", () => {
    const actions = [write("set-header", "x-n", "1"), write("add-header", "x-n", "2")];
    expect(left(actions)).toEqual(["host: h.example", "x-m: 1", "x-m: 2, 3", "x-n: 1", "x-n: 2"]);
  });

  test("aliases tell of the exchange, and control characters of samples are encoded", () => {
    const asked = request("/a", []);
    const context = exchange(asked);
    context.variables.set("txn.a", str("x\ny\tz\u007f"));
    const value = format("%ci %[var(txn.a)] %[var(txn.none)].");
    run([{ kind: "set-header", name: "x-a", value }], context);
    expect(linesOf(asked.fields)).toEqual(["x-a: 10.0.0.1 x%0Ay\tz%7F ."]);
  });

  test("once there is an answer, its fields are meant", () => {
    const [asked, answered] = [request("/a", []), response(200, [["server", "s"]])];
    run([write("set-header", "server", "t")], exchange(asked, answered));
    expect([linesOf(asked.fields), linesOf(answered.fields)]).toEqual([[], ["server: t"]]);
  });
});

describe("fields are taken away", () => {
  test.each([
    ["x-m", "str", ["host: h.example"]],
    ["x-", "str", ["host: h.example", "x-m: 1", "x-m: 2, 3"]],
    ["x-", "beg", ["host: h.example"]],
    ["ost", "end", ["x-m: 1", "x-m: 2, 3"]],
    ["os", "sub", ["x-m: 1", "x-m: 2, 3"]],
    ["^h.*t$", "reg", ["x-m: 1", "x-m: 2, 3"]],
    ["^H", "reg", ["host: h.example", "x-m: 1", "x-m: 2, 3"]],
  ] as const)("%s -m %s", (name, match, expected) => {
    expect(left([{ kind: "del-header", name, match }])).toEqual([...expected]);
  });
});

test("what tells where a body ends stays", () => {
  const asked = request("/a", [
    ["content-length", "2"],
    ["content-type", "a/b"],
  ]);
  run([{ kind: "del-header", name: "content-", match: "beg" }], exchange(asked));
  expect(linesOf(asked.fields)).toEqual(["content-length: 2"]);
});

function replace(kind: "replace-header" | "replace-value", regex: string, text: string): Action {
  return { kind, name: "x-m", regex, value: format(text) };
}

describe("fields are replaced", () => {
  test.each([
    ["replace-header", "(.*)", "[\\1]", ["x-m: [1]", "x-m: [2, 3]"]],
    ["replace-value", "(.*)", "[\\1]", ["x-m: [1]", "x-m: [2],[3]"]],
    ["replace-header", "2", "two", ["x-m: 1", "x-m: two"]],
    ["replace-value", "2", "two", ["x-m: 1", "x-m: two, 3"]],
  ] as const)("%s %s %s", (kind, regex, text, expected) => {
    expect(left([replace(kind, regex, text)])).toEqual(["host: h.example", ...expected]);
  });

  test("a template that ends within a reference ends the exchange", () => {
    expect(left([replace("replace-header", ".", "end\\")])).toBe("answer");
    expect(left([{ kind: "strict-mode", isOn: false }, replace("replace-header", ".", "end\\")])).toHaveLength(3);
  });
});

test("hints are told in order", () => {
  const told = recorder();
  const hint: Action = { kind: "early-hint", name: "link", value: format("</a>; rel=preload") };
  expect(run([hint, hint], exchange(request("/")), told)).toBe("pass");
  expect(told.told).toEqual([
    ["hint", "link", "</a>; rel=preload"],
    ["hint", "link", "</a>; rel=preload"],
  ]);
});

test("rules that run where there is no message do nothing", () => {
  expect(run([write("set-header", "x", "1")], exchange(null))).toBe("pass");
  expect(linesOf(fieldsOf([]))).toEqual([]);
});

test("what tells where a message ends is left as it is", () => {
  const asked = request("/a", [
    ["content-length", "2"],
    ["x-m", "1"],
  ]);
  for (const name of ["content-length", "transfer-encoding"]) {
    const value = format("9");
    const actions: Action[] = [
      write("add-header", name, "9"),
      write("set-header", name, "9"),
      { kind: "del-header", name, match: "str" },
      { kind: "replace-header", name, regex: ".*", value },
      { kind: "replace-value", name, regex: ".*", value },
    ];
    for (const action of actions) expect(run([action], exchange(asked))).toBe("pass");
  }
  expect(linesOf(asked.fields)).toEqual(["content-length: 2", "x-m: 1"]);
});
