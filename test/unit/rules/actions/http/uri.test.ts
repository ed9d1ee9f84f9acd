/** Actions on methods and targets; what they come to was seen with HAProxy 2.6. */
import { describe, expect, test } from "bun:test";
import type { Action, UriNormalizer } from "../../../../../src/plan/rules/rule.ts";
import { format } from "../../session.ts";
import { exchange, recorder, request, run } from "../exchange.ts";

const origin = "/a/b?x=1&y=2";
const absolute = "http://h.example/a/b?x=1";
const bare = "http://h.example";

/** The target that is left, or how the rule ended. */
function targetAfter(action: Action, target: string, method = "GET"): string {
  const asked = request(target, [["host", "h.example"]], { method });
  const verdict = run([action], exchange(asked));
  return verdict === "pass" ? (asked.method === method ? asked.target : `${asked.method} ${asked.target}`) : verdict;
}

type Part = "set-method" | "set-path" | "set-pathq" | "set-query" | "set-uri";

const set = (kind: Part, text: string): Action => ({ kind, value: format(text) });

describe("parts of a target", () => {
  test.each([
    ["set-path", "/p", origin, "/p?x=1&y=2"],
    ["set-path", "/p", absolute, "http://h.example/p?x=1"],
    ["set-path", "/p", "*", "/p"],
    ["set-path", "/p", bare, "/p"],
    ["set-path", "/p?q", origin, "/p?q?x=1&y=2"],
    ["set-query", "z=9", "*", "*?z=9"],
    ["set-pathq", "/p", origin, "/p"],
    ["set-pathq", "/p?z", absolute, "http://h.example/p?z"],
    ["set-query", "z=9", origin, "/a/b?z=9"],
    ["set-query", "z=9", "/a", "/a?z=9"],
    ["set-uri", "/u", absolute, "/u"],
    ["set-uri", "http://o.example/u", origin, "http://o.example/u"],
    ["set-method", "POST", "/a", "POST /a"],
    ["set-method", "A B", "/a", "answer"],
    ["set-uri", "", "/a", "answer"],
  ] satisfies [Part, string, string, string][])("%s %s", (kind, text, target, expected) => {
    expect(targetAfter(set(kind, text), target)).toBe(expected);
  });

  test("what cannot stand in a request line is encoded", () => {
    expect(targetAfter(set("set-path", "/a b\u0001\u00e4"), "/x?q")).toBe("/a%20b%01%E4?q");
  });

  test("a query that comes to nothing stays as a question mark where there was one", () => {
    const value = format("%[var(txn.nothing)]");
    expect(targetAfter({ kind: "set-query", value }, origin)).toBe("/a/b?");
    expect(targetAfter({ kind: "set-query", value }, "/a")).toBe("/a");
  });
});

type Replacing = "replace-path" | "replace-pathq" | "replace-uri";

describe("replacements", () => {
  test.each([
    ["replace-path", "(.*)", "/x\\1", origin, "/x/a/b?x=1&y=2"],
    ["replace-path", "(.*)", "/x\\1", absolute, "http://h.example/x/a/b?x=1"],
    ["replace-path", "(.*)", "/x\\1", "*", "*"],
    ["replace-path", "(.*)", "/x\\1", bare, bare],
    ["replace-path", "zzz", "/t", origin, origin],
    ["replace-path", "/(a).*", "/\\1", absolute, "http://h.example/a?x=1"],
    ["replace-path", "a", "/A", origin, "/A?x=1&y=2"],
    ["replace-pathq", "([^?]*)(.*)", "/n\\1/m\\2", origin, "/n/a/b/m?x=1&y=2"],
    ["replace-uri", "^http://([^/]*)(/.*)", "https://o.example\\2", absolute, "https://o.example/a/b?x=1"],
    ["replace-uri", "^http://([^/]*)(/.*)", "https://o.example\\2", origin, origin],
    ["replace-path", "(.*)", "/t\\9\\1", "/a", "/t/a"],
    ["replace-path", "(.*)", "/t\\x41\\q", "/a", "/tAq"],
    ["replace-path", "(.*)", "/t\\", "/a", "answer"],
  ] satisfies [Replacing, string, string, string, string][])("%s %s %s", (kind, regex, text, target, expected) => {
    expect(targetAfter({ kind, regex, value: format(text) }, target)).toBe(expected);
  });
});

const normal = (normalizer: UriNormalizer, target: string): string =>
  targetAfter({ kind: "normalize-uri", normalizer }, target);

describe("the host", () => {
  test.each([
    ["http://o.example:81/u", "o.example:81"],
    ["http://u:p@o.example", "o.example"],
    ["/u", "h.example"],
  ])("set-uri %s", (text, host) => {
    const asked = request(absolute);
    run([set("set-uri", text)], exchange(asked));
    expect(asked.fields.value(asked.fields.find("host"))).toBe(host);
  });

  test.each([
    [absolute, "http://o.example/a/b?x=1"],
    [bare, "http://o.example"],
    [origin, origin],
  ])("set-header host, of %s", (target, expected) => {
    const asked = request(target);
    run([{ kind: "set-header", name: "host", value: format("o.example") }], exchange(asked));
    expect(asked.target).toBe(expected);
  });
});

describe("normalizers", () => {
  test.each([
    ["fragment-encode", "/a#b#c", "/a%23b%23c"],
    ["fragment-strip", "/?a#b", "/?a"],
    ["path-merge-slashes", "///a//b?c//d", "/a/b?c//d"],
    ["path-strip-dot", "/a/././b", "/a/b"],
    ["path-strip-dot", "/a/.", "/a/"],
    ["path-strip-dot", "/a/.b", "/a/.b"],
    ["path-strip-dotdot", "/foo/bar/../", "/foo/"],
    ["path-strip-dotdot", "/foo/..", "/"],
    ["path-strip-dotdot", "/bar/../../", "/../"],
    ["path-strip-dotdot full", "/bar/../../", "/"],
    ["path-strip-dotdot", "/foo//../", "/foo/"],
    ["path-strip-dotdot", "/..", "/../"],
    ["path-strip-dotdot", "/../../a/../b", "/../../b"],
    ["path-strip-dotdot", "/a/..//", "//"],
    ["path-strip-dotdot", "/a/../b?c/../d", "/b?c/../d"],
    ["path-strip-dot", "/./.", "/"],
    ["path-strip-dot", "/a/.?x", "/a/?x"],
    ["path-merge-slashes", "http://h//a//b", "http://h/a/b"],
    ["percent-decode-unreserved", "/%e4%7", "/%e4%7"],
    ["query-sort-by-name", "/?a=2&a=1&", "/?a=2&a=1"],
    ["query-sort-by-name", "/?b&&a", "/?&a&b"],
    ["query-sort-by-name", "/?", "/?"],
    ["query-sort-by-name", "/?a-b=1&a=2", "/?a=2&a-b=1"],
    ["percent-decode-unreserved", "/%61%2Fb%ZZ%%36%36", "/a%2Fb%ZZ%66"],
    ["percent-decode-unreserved strict", "/%61%2F", "/a%2F"],
    ["percent-decode-unreserved strict", "/%ZZ", "answer"],
    ["percent-to-uppercase", "/%6f%zz", "/%6F%zz"],
    ["percent-to-uppercase strict", "/%zz", "answer"],
    ["query-sort-by-name", "/?a=3&b=4&a=1&b=5&a=2", "/?a=3&a=1&a=2&b=4&b=5"],
    ["query-sort-by-name", "/?aaa=3&a=1&aa=2", "/?a=1&aa=2&aaa=3"],
    ["fragment-strip", "*", "*"],
  ] satisfies [UriNormalizer, string, string][])("%s %s", (normalizer, target, expected) => {
    expect(normal(normalizer, target)).toBe(expected);
  });

  test("what is not valid is answered with 400", () => {
    const told = recorder();
    const action: Action = { kind: "normalize-uri", normalizer: "percent-to-uppercase strict" };
    expect(run([action], exchange(request("/%z")), told)).toBe("answer");
    expect(told.reply).toEqual({ kind: "page", status: 400, fields: [["connection", "close"]] });
  });
});

describe("rules that cannot be carried out", () => {
  const broken: Action = { kind: "set-method", value: format("A B") };

  test("strict: the exchange ends with 500", () => {
    const told = recorder();
    expect(run([broken, { kind: "reject" }], exchange(request("/")), told)).toBe("answer");
    expect([told.reply, told.told]).toEqual([{ kind: "page", status: 500 }, ["cannot write", ["answer", "error"]]]);
  });

  test("not strict: the next rule follows", () => {
    const told = recorder();
    const rules: Action[] = [{ kind: "strict-mode", isOn: false }, broken, { kind: "reject" }];
    expect([run(rules, exchange(request("/")), told), told.told]).toEqual(["reject", ["cannot write"]]);
  });

  test("strict again", () => {
    const rules: Action[] = [{ kind: "strict-mode", isOn: false }, broken, { kind: "strict-mode", isOn: true }, broken];
    expect(run(rules, exchange(request("/")))).toBe("answer");
  });
});
