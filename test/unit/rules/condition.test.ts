/** Conditions answer as HAProxy's, and wait while bytes may change the answer. */
import { describe, expect, test } from "bun:test";
import type { AclTest, Condition } from "../../../src/plan/rules/acl.ts";
import { compileCondition } from "../../../src/rules/condition.ts";
import { compileSearch } from "../../../src/rules/match/match.ts";
import { measuredMatches } from "./measured-matches.ts";
import { condition, expression, payload, session, tables } from "./session.ts";

test.each(measuredMatches)("%s -m %s %p (%p) is %p", (text, match, patterns, ignoreCase, answer) => {
  expect(compileCondition(condition(text, match, patterns, ignoreCase), tables([]))(session())).toBe(answer);
});

/** A term by name: constants, and lengths that may still change. */
const terms: Readonly<Record<string, AclTest>> = {
  yes: acl("always_true", "bool"),
  no: acl("always_false", "bool"),
  wait: acl("wait_end", "bool"),
  long: acl("req.len", "int", ["gt 3"]),
  short: acl("req.len", "int", ["lt 3"]),
};

function acl(text: string, match: AclTest["match"], patterns: readonly string[] = []): AclTest {
  return { expression: expression(text), match, ignoreCase: false, patterns, files: [], own: null };
}

/** `!a b || c`, after `unless` when it begins with that. */
function conditionOf(text: string): Condition {
  const unless = text.startsWith("unless ");
  const any = text
    .replace(/^unless /, "")
    .split(" || ")
    .map((suite) =>
      suite.split(" ").map((word) => {
        const test = terms[word.replace("!", "")];
        if (test === undefined) throw new Error(word);
        return { negate: word.startsWith("!"), acl: { name: null, tests: [test] } };
      }),
    );
  return { unless, any };
}

describe("three answers", () => {
  test.each([
    ["yes", true],
    ["no", false],
    ["wait", "wait"],
    ["!wait", "wait"],
    ["unless wait", "wait"],
    ["unless no", true],
    ["yes wait", "wait"],
    ["wait no", "wait"],
    ["no wait", false],
    ["wait || yes", true],
    ["wait || no", "wait"],
    ["yes !no || wait", true],
    ["long", "wait"],
    ["short", true],
    ["!short", false],
    ["!long", "wait"],
  ] as const)("%s: %p", (text, answer) => {
    expect(compileCondition(conditionOf(text), tables([]))(session({ request: payload("ab") }))).toBe(answer);
  });

  test.each([
    ["wait", true],
    ["long", false],
    ["!long", true],
  ] as const)("once nothing more comes, %s: %p", (text, answer) => {
    expect(compileCondition(conditionOf(text), tables([]))(session({ request: payload("ab", true) }))).toBe(answer);
  });

  test("without a payload wait_end is true", () => {
    expect(compileCondition(conditionOf("wait"), tables([]))(session())).toBe(true);
  });
});

test("the lines of one ACL are alternatives", () => {
  const tests = [acl("src", "ip", ["192.0.2.0/24"]), acl("dst_port", "int", ["22"])];
  const both: Condition = { unless: false, any: [[{ negate: false, acl: { name: "x", tests } }]] };
  const decide = compileCondition(both, tables([]));
  expect([
    decide(session()),
    decide(session({ destination: { kind: "tcp", host: "10.0.0.2", port: 23 } })),
    decide(session({ source: { kind: "unix", path: "/x" }, destination: { kind: "unix", path: "/y" } })),
  ]).toEqual([true, false, false]);
});

test("networks give the value of the narrowest", () => {
  const find = compileSearch(
    "ip",
    [
      { text: "10.0.0.0/8", value: "wide" },
      { text: "10.1.0.0/16", value: "narrow" },
      { text: "10.1.0.0/16", value: "too late" },
      { text: "::ffff:10.9.0.0/112", value: "mapped" },
      { text: "2001:db8::/32", value: "six" },
      { text: "2001:db8:1::/48", value: "six and narrow" },
    ],
    false,
  );
  const texts = ["10.1.2.3", "10.2.0.0", "10.9.0.1", "11.0.0.0", "2001:db8:1::1", "2001:db8::1", "::ffff:10.1.0.0"];
  expect(texts.map((text) => find({ type: "str", value: text }))).toEqual([
    "narrow",
    "wide",
    "wide",
    undefined,
    "six and narrow",
    "six",
    "narrow",
  ]);
});

test("many networks", () => {
  const patterns = Array.from(
    { length: 20_000 },
    (_, index) => `10.${index >> 12}.${(index >> 4) & 255}.${(index & 15) * 16}/28`,
  );
  const decide = compileCondition(condition("src", "ip", patterns), tables([]));
  let hits = 0;
  for (let index = 0; index < 1000; index++) {
    if (decide(session({ source: { kind: "tcp", host: `10.0.0.${index & 255}`, port: 1 } })) === true) hits++;
  }
  expect(hits).toBe(1000);
});
