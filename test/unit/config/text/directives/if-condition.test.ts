/** `.if` conditions and `-cc`: every predicate, every operator, every way to be wrong. */
import { describe, expect, test } from "bun:test";
import { checkCondition, compareVersions } from "../../../../../src/config/text/directives/if-condition.ts";
import { expandAddress } from "../../../../../src/config/text/environment.ts";
import { Complaint } from "../../../../../src/config/text/complaint.ts";

const environment = new Map([["FOO", "foo"]]);

describe("-cc", () => {
  const truths = [
    "1 2 -1 +1 !0 !!1 0||1 (1) (0||1)&&(1) feature(FAIRLEAD) feature(OPENSSL) openssl_version_atleast(1.1.1) ssllib_name_startswith(B) feature(THREAD) feature() defined(FOO) streq(a,a) streq(,)",
    "strneq(a,b) strstr(abc,b) version_atleast(2.4) version_atleast(2.6-dev0) version_before(2.7-dev1) enabled(POLL)",
  ];
  test.each(truths.join(" ").split(" "))("true: %s", (text) => {
    expect(checkCondition(text, environment)).toEqual({ status: 0 });
  });
  test.each(["1 && 1", "( 1 )", "1 || 1 && 0", "0 && 0 || 1", 'streq("$FOO",foo)', "! (0)"])("true: %s", (text) => {
    expect(checkCondition(text, environment)).toEqual({ status: 0 });
  });
  const lies =
    "0 00 !1 1&&0 feature(FOO) feature(thread) defined(NOP) defined() streq(a,b) streq($FOO,foo) fips_mode()";
  test.each([
    ...lies.split(" "),
    "",
    "version_atleast(2.6.13)",
    "openssl_version_atleast(9.0.0)",
    "ssllib_name_startswith(wolf)",
    "openssl_version_before(1.1.1)",
  ])("false: %j", (text) => {
    expect(checkCondition(text, environment)).toEqual({ status: 1 });
  });
  test.each([
    [" ", "unparsable conditional sub-expression ' '"],
    ["true", "unparsable conditional expression 'true'"],
    ["1 || x", "unparsable conditional expression 'x'"],
    ["1 && x", "unparsable conditional expression 'x'"],
    ["1 | 1", "unexpected character '|' at the end of conditional expression '1 | 1'"],
    ["(1", "expected ')' after conditional expression '(1'"],
    ["1)", "unexpected character ')' at the end of conditional expression '1)'"],
    ["()", "unparsable conditional expression ')'"],
    ["1x", "unexpected character 'x' at the end of conditional expression '1x'"],
    [
      "feature(THREAD,X)",
      "expected ')' before ',X)' in argument 1 of predicate 'feature' used in conditional expression",
    ],
    [
      "streq(a)",
      "missing arguments (got 1/2), type 'string' expected in argument 1 of predicate 'streq' used in conditional expression",
    ],
    ["streq(a,a", "expected ')' in argument 1 of predicate 'streq' used in conditional expression"],
  ])("unparsable: %j", (text, reason) => {
    expect(checkCondition(text, environment)).toEqual({
      status: 2,
      message: `Failed to evaluate condition: ${reason}`,
    });
  });
  test.each([
    ['streq("a', "Unmatched quote"],
    ["streq('a", "Unmatched quote"],
    ["streq(a,\\x)", "Truncated or invalid hexadecimal sequence"],
  ])("no words at all: %j", (text, reason) => {
    expect(checkCondition(text, environment)).toEqual({
      status: 2,
      message: `Syntax Error in condition: ${reason}.`,
    });
  });
  test("depth is bounded", () => {
    expect(checkCondition(`${"(".repeat(50_000)}1`, environment).status).toBe(2);
    expect(checkCondition(`${"(0||".repeat(50_000)}1`, environment).status).toBe(2);
  });
});

test.each([
  ["2.6.12", "2.6", 1],
  ["2.6", "2.6-dev3", 1],
  ["2.6-dev3", "2.6-dev10", -1],
  ["2.6-rc1", "2.6-dev9", 1],
  ["2.10", "2.9", 1],
  ["2.6.0", "2.6", 0],
])("%s against %s", (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign);
});

test("addresses expand variables outside quotes", () => {
  expect(expandAddress("$FOO:${FOO}:${NO-22}:${NO}:*", environment)).toBe("foo:foo:22::*");
  expect(() => expandAddress("${FOO", environment)).toThrow(Complaint);
});
