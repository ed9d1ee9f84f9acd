/** Rules run in order, wait for bytes, and leave their effects. */
import type { Condition } from "../../../src/plan/rules/acl.ts";
import type { Action, Rule } from "../../../src/plan/rules/rule.ts";
import type { RuleEffects, Verdict } from "../../../src/rules/actions/effects.ts";
import type { Tables } from "../../../src/rules/stick/tables.ts";
import type { Sample } from "../../../src/rules/value/sample.ts";
import { describe, expect, test } from "bun:test";
import { compileRules } from "../../../src/rules/ruleset.ts";
import type { SampleContext } from "../../../src/rules/context.ts";
import { countSession, releaseTracked } from "../../../src/rules/stick/tracking.ts";
import { condition, expression, format, payload, session, tablePlan, tables } from "./session.ts";

function rule(action: Action, when: Condition | null = null, line = 1): Rule {
  return { position: { file: "x.cfg", line }, action, condition: when };
}

/** Effects as the words for what was asked. */
function recorder(): { readonly told: unknown[]; readonly effects: RuleEffects } {
  const told: unknown[] = [];
  const effects: RuleEffects = {
    setMark: (mark) => told.push(["mark", mark]),
    setTos: (tos) => told.push(["tos", tos]),
    setLogLevel: (level) => told.push(["level", level]),
    setPriority: (priority) => told.push(["priority", priority]),
    setLastWord: (text, code) => told.push(["last word", text, code]),
    doLog: () => told.push("log"),
    captureEarly: (slot, text) => told.push(["early", slot, text]),
    lookUp: () => null,
  };
  return { told, effects };
}

function run(rules: readonly Rule[], context: SampleContext, all: Tables = tables([])): Verdict {
  return compileRules(rules, all, "t").start(context, recorder().effects).step();
}

describe("order", () => {
  test("the first rule that applies decides, and is remembered", () => {
    const context = session();
    const rules = [
      rule({ kind: "reject" }, condition("src", "ip", ["192.0.2.0/24"]), 1),
      rule({ kind: "accept" }, condition("dst_port", "int", ["22"]), 2),
      rule({ kind: "silent-drop" }, null, 3),
    ];
    expect([run(rules, context), context.lastRule]).toEqual(["accept", { file: "x.cfg", line: 2 }]);
  });

  test("expect-proxy is told, and the rules go on", () => {
    const steps = compileRules([rule({ kind: "expect-proxy" }), rule({ kind: "reject" })], tables([])).start(
      session(),
      recorder().effects,
    );
    expect([steps.step(), steps.step()]).toEqual(["expect-proxy", "reject"]);
  });
});

describe("waiting", () => {
  test("bytes that come are seen by earlier rules too, but only variables are set again", () => {
    const bytes: { request: ReturnType<typeof payload> } = { request: payload("SSH") };
    const context: SampleContext = Object.create(session(), { request: { get: () => bytes.request } });
    const { told, effects } = recorder();
    const steps = compileRules(
      [
        rule({ kind: "set-mark", value: 7 }),
        rule({ kind: "set-var", name: "sess.k", value: expression("req.payload(0,4)"), conditions: [] }),
        rule({ kind: "set-tos", value: 8 }, condition("var(sess.k)", "str", ["SSH-"])),
        rule({ kind: "accept" }, condition("req.payload(0,7)", "str", ["SSH-2.0"])),
        rule({ kind: "reject" }),
      ],
      tables([]),
    ).start(context, effects);
    const first = steps.step();
    bytes.request = payload("SSH-2.0-x");
    expect([first, steps.step(), told]).toEqual([
      "wait",
      "accept",
      [
        ["mark", 7],
        ["tos", 8],
      ],
    ]);
  });

  test.each([
    ["SSH-2.0-OpenSSH", false, "accept"],
    ["GET / HTTP/1.1\r\n", false, "reject"],
    ["GE", false, "wait"],
    ["GE", true, "reject"],
    ["", true, "reject"],
  ] as const)("%p, final %p: %s", (text, final, verdict) => {
    const rules = [rule({ kind: "accept" }, condition("req.payload(0,4)", "str", ["SSH-"])), rule({ kind: "reject" })];
    expect(run(rules, session({ request: payload(text, final) }))).toBe(verdict);
  });

  test("track-sc waits for its key", () => {
    const all = tables([tablePlan(["conn_cnt"], { type: "string", keyLength: 8 })]);
    const rules = [rule({ kind: "track-sc", slot: 0, key: expression("req.payload(0,3)"), table: "t" })];
    const context = session({ request: payload("abc") });
    expect([run(rules, session({ request: payload("ab") }), all), run(rules, context, all)]).toEqual(["wait", "pass"]);
    expect(context.tracked[0]?.key).toBe("abc");
  });
});

test("the manual's brute force example: the fourth connection within 10 s is refused", () => {
  const clock = { at: 0 };
  const all = tables([tablePlan(["conn_cnt"], { size: 20, expireMs: 10_000 })], clock);
  const rules = [rule({ kind: "reject" }, condition("src_updt_conn_cnt", "int", ["gt 3"]))];
  const verdicts = Array.from({ length: 5 }, () => run(rules, session(), all));
  const other = run(rules, session({ source: { kind: "tcp", host: "10.0.0.9", port: 1 } }), all);
  clock.at = 10_000;
  expect([...verdicts, other, run(rules, session(), all)]).toEqual([
    "pass",
    "pass",
    "pass",
    "reject",
    "reject",
    "pass",
    "pass",
  ]);
});

test("track-sc0 and a rate", () => {
  const all = tables([tablePlan(["conn_rate(2000)", "conn_cur"], { expireMs: 10_000 })]);
  const rules = [
    rule({ kind: "track-sc", slot: 0, key: expression("src"), table: null }),
    rule({ kind: "reject" }, condition("sc0_conn_rate", "int", ["gt 3"])),
  ];
  const sessions = Array.from({ length: 5 }, () => session());
  const verdicts = sessions.map((one) => {
    const verdict = run(rules, one, all);
    countSession(one.tracked);
    return verdict;
  });
  for (const one of sessions) releaseTracked(one.tracked);
  expect(verdicts).toEqual(["pass", "pass", "pass", "reject", "reject"]);
  expect(all.get("t")!.figures(all.get("t")!.find("10.0.0.1")!)).toEqual({
    key: "10.0.0.1",
    use: 0,
    expiresInMs: 10_000,
    data: [
      { name: "conn_rate", periodMs: 2000, value: 5 },
      { name: "conn_cur", periodMs: 0, value: 0 },
    ],
  });
});

/** As HAProxy logged them, three connections one after the other; `x` is a second table with conn_cnt. */
test("counters by way of fetches and converters", () => {
  const all = tables([tablePlan(["gpc(2)", "gpt(2)", "gpc_rate(2,5000)"]), tablePlan(["conn_cnt"], { name: "x" })]);
  const shown = (text: string, context: SampleContext): string => {
    context.variables.unset("txn.v");
    run([rule({ kind: "set-var", name: "txn.v", value: expression(text), conditions: [] })], context, all);
    const sample = context.variables.get("txn.v");
    return sample === undefined ? "-" : String(Number(sample.value));
  };
  const asked =
    "sc0_get_gpc0 sc_get_gpc(1,0) sc_get_gpt(1,0) sc_gpc_rate(1,0) sc0_conn_cnt sc0_inc_gpc0 sc0_trackers sc1_conn_cnt " +
    "sc0_gpc0_rate src_get_gpc(1,t) src_conn_cnt(t) sc_conn_cnt(0,x) sc0_tracked(x) src,table_gpc(1,t) sc_clr_gpc(1,0) " +
    "src_clr_gpc0(t) src,table_idle(t) src,table_expire(t) table_cnt(t) src_updt_conn_cnt(t) src_updt_conn_cnt(x)";
  const lines = Array.from({ length: 3 }, () => {
    const context = session();
    const rules = [
      rule({ kind: "track-sc", slot: 0, key: expression("src"), table: null }),
      rule({ kind: "sc-inc-gpc", index: 1, slot: 0 }),
      rule({ kind: "sc-set-gpt", index: 1, slot: 0, value: 77 }),
    ];
    run(rules, context, all);
    return asked
      .split(" ")
      .map((text) => shown(text, context))
      .join(" ");
  });
  expect(lines).toEqual([
    "0 1 77 1 - 1 1 - 1 1 - 0 1 1 1 1 0 0 1 - 1",
    "0 1 77 2 - 1 2 - 2 1 - 1 1 1 1 1 0 0 1 - 2",
    "0 1 77 3 - 1 3 - 3 1 - 2 1 1 1 1 0 0 1 - 3",
  ]);
});

describe("addresses", () => {
  test.each([
    ["set-src", "str(192.0.2.7)", { kind: "tcp", host: "192.0.2.7", port: 4000 }],
    ["set-src", "str(nonsense)", { kind: "tcp", host: "10.0.0.1", port: 4000 }],
    ["set-src-port", "int(65537)", { kind: "tcp", host: "10.0.0.1", port: 1 }],
  ] as const)("%s %s", (kind, text, source) => {
    const context = session();
    run([rule({ kind, value: expression(text) })], context);
    expect(context.source).toEqual(source);
  });

  test("set-dst and set-dst-port on a unix socket", () => {
    const context = session({ destination: { kind: "unix", path: "/x" } });
    run([rule({ kind: "set-dst-port", value: expression("int(22)") })], context);
    expect(context.destination).toEqual({ kind: "tcp", host: "0.0.0.0", port: 22 });
    run([rule({ kind: "set-dst", value: expression("ipv6(2001:db8::1)") })], context);
    expect(context.destination).toEqual({ kind: "tcp", host: "2001:db8::1", port: 22 });
  });
});

describe("set-var", () => {
  const five: Sample = { type: "sint", value: 5n };
  test.each([
    ["ifexists", undefined, "int(7)", undefined],
    ["ifexists", five, "int(7)", 7n],
    ["ifnotexists", five, "int(7)", 5n],
    ["ifset", undefined, "int(7)", undefined],
    ["ifnotset", undefined, "int(7)", 7n],
    ["ifempty", five, 'str("")', ""],
    ["ifempty", five, "str(x)", 5n],
    ["ifnotempty", five, 'str("")', 5n],
    ["ifgt", five, "int(7)", 5n],
    ["ifgt", five, "int(3)", 3n],
    ["iflt", five, "int(7)", 7n],
    ["ifgt", five, "str(x)", "x"],
  ] as const)("%s, row %#", (conditions, before, text, after) => {
    const context = session();
    if (before !== undefined) context.variables.set("txn.v", before);
    run([rule({ kind: "set-var", name: "txn.v", value: expression(text), conditions: [conditions] })], context);
    expect(context.variables.get("txn.v")?.value as unknown).toEqual(after);
  });

  test("from a format, unescaped; and unset", () => {
    const context = session();
    const value = format("%[src]:%[src_port] %[bin(0a),hex]%[bin(0a)]");
    run([rule({ kind: "set-var", name: "sess.v", value, conditions: [] })], context);
    expect(context.variables.get("sess.v")).toEqual({ type: "str", value: "10.0.0.1:4000 0A\n" });
    run([rule({ kind: "unset-var", name: "sess.v" })], context);
    expect(context.variables.get("sess.v")).toBeUndefined();
  });
});

test("what only the proxy can do is asked for in order", () => {
  const { told, effects } = recorder();
  const rules = [
    rule({ kind: "set-mark", value: 1 }),
    rule({ kind: "set-tos", value: 2 }),
    rule({ kind: "set-log-level", level: null }),
    rule({ kind: "set-priority-class", value: expression("int(9999)") }),
    rule({ kind: "set-priority-offset", value: expression("str(-5)") }),
    rule({ kind: "do-log" }),
    rule({ kind: "close" }),
  ];
  const verdict = compileRules(rules, tables([])).start(session(), effects).step();
  expect([verdict, told]).toEqual([
    "close",
    [["mark", 1], ["tos", 2], ["level", null], ["priority", { class: 2047 }], ["priority", { offset: -5 }], "log"],
  ]);
});
