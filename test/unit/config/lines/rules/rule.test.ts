/** `tcp-request` and `tcp-response` rules as data: what the parser makes of good lines. */
import { expect, test } from "bun:test";
import { parseAcl } from "../../../../../src/config/lines/acl.ts";
import { parseTcpRule } from "../../../../../src/config/lines/rules/rule.ts";
import type { ProxyScope } from "../../../../../src/config/draft/proxy-scope.ts";
import { Complaint } from "../../../../../src/config/text/complaint.ts";
import { line, position, scopeOf, src } from "../../reading.ts";

const rule = (source: string, kind: ProxyScope["kind"] = "frontend"): unknown =>
  parseTcpRule(line(source), scopeOf(kind));

const testPlan = (text: string, match: string, patterns: string[]): object => ({
  expression: { fetch: text, arguments: [], converters: [], text },
  match,
  ignoreCase: false,
  patterns,
  files: [],
  own: {
    id: -1,
    file: null,
    isAcl: true,
    isMap: false,
    description: `acl '${text}' file 'a.cfg' line 3`,
    uses: [{ match, ignoreCase: false, output: null }],
    entries: patterns.map((key) => ({ key, value: null, compared: [key] })),
  },
});

test("a condition is alternatives of terms", () => {
  const scope = scopeOf("frontend");
  parseAcl(line("acl a src 10.0.0.0/8"), scope);
  const parsed = parseTcpRule(line("tcp-request connection reject unless a !{ src_port 5 } or TRUE"), scope);
  parseAcl(line("acl a src 11.0.0.0/8"), scope);
  const both = [testPlan("src", "ip", ["10.0.0.0/8"]), testPlan("src", "ip", ["11.0.0.0/8"])];
  expect(parsed).toEqual({
    kind: "connection",
    rule: {
      position,
      action: { kind: "reject" },
      condition: {
        unless: true,
        any: [
          [
            { negate: false, acl: { name: "a", tests: both as never } },
            { negate: true, acl: { name: null, tests: [testPlan("src_port", "int", ["5"])] as never } },
          ],
          [{ negate: false, acl: { name: "TRUE", tests: [testPlan("always_true", "bool", [])] as never } }],
        ],
      },
    },
  });
});

test.each([
  ["tcp-request content accept", { kind: "accept" }],
  ["tcp-request session silent-drop", { kind: "silent-drop" }],
  ["tcp-request connection expect-proxy layer4", { kind: "expect-proxy" }],
  ["tcp-request content track-sc2 src table t", { kind: "track-sc", slot: 2, key: src, table: "t" }],
  ["tcp-request content sc-inc-gpc(3,1)", { kind: "sc-inc-gpc", index: 3, slot: 1 }],
  ["tcp-request content sc-inc-gpc1(2)", { kind: "sc-inc-gpc", index: 1, slot: 2 }],
  ["tcp-request content sc-add-gpc(1,2) 5", { kind: "sc-add-gpc", index: 1, slot: 2, value: 5 }],
  ["tcp-request content sc-set-gpt0(1) src", { kind: "sc-set-gpt", index: 0, slot: 1, value: src }],
  [
    "tcp-request content set-var(sess.x,ifempty) src",
    { kind: "set-var", name: "sess.x", value: src, conditions: ["ifempty"] },
  ],
  ["tcp-request content unset-var(sess.x)", { kind: "unset-var", name: "sess.x" }],
  ["tcp-request content set-src src", { kind: "set-src", value: src }],
  ["tcp-request content set-mark 0x10", { kind: "set-mark", value: 16 }],
  ["tcp-request content set-tos 010", { kind: "set-tos", value: 8 }],
  ["tcp-request content set-log-level silent", { kind: "set-log-level", level: null }],
  ["tcp-request content set-log-level err", { kind: "set-log-level", level: 3 }],
])("%s", (source, action) => {
  expect(rule(source)).toMatchObject({ rule: { position, action, condition: null } });
});

test("delays", () => {
  expect(rule("tcp-request inspect-delay 5s")).toEqual({ kind: "inspect-delay", delayMs: 5000 });
  expect(rule("tcp-response inspect-delay 10", "backend")).toEqual({ kind: "response-inspect-delay", delayMs: 10 });
});

test.each(["use-service x"])("refused by name: %s", (action) => {
  expect(() => rule(`tcp-request content ${action}`)).toThrow("is not supported");
});

test("what has no effect is noted, with its line", () => {
  const scope = scopeOf("backend");
  for (const layer of ["tcp-request", "tcp-response"]) {
    expect(parseTcpRule(line(`${layer} content set-nice 3`), scope)).toMatchObject({
      rule: { action: { kind: "set-nice" } },
    });
  }
  expect(scope.global.withoutEffect).toEqual(
    ["tcp-request", "tcp-response"].map((layer) => ({
      keyword: `${layer} content set-nice`,
      reason: expect.stringContaining("one event loop"),
      position,
    })),
  );
});

test("Citrix's address header is refused by name", () =>
  expect(() => rule("tcp-request connection expect-netscaler-cip layer4")).toThrow("is not supported"));

test("predefined ACLs of HTTP", () => {
  expect(rule("tcp-request content reject if HTTP_CONTENT")).toMatchObject({
    rule: { condition: { any: [[{ acl: { tests: [{ match: "int", patterns: ["gt 0"] }] } }]] } },
  });
  const acl = { name: "METH_GET", tests: [testPlan("method", "str", ["GET", "HEAD"])] };
  expect(rule("tcp-request content reject if METH_GET")).toMatchObject({
    rule: { condition: { any: [[{ negate: false, acl }]] } },
  });
});

test("a line that fails leaves no names behind", () => {
  const scope = scopeOf("frontend");
  expect(() => parseTcpRule(line("tcp-request content track-sc0 src table t foo"), scope)).toThrow(Complaint);
  expect(scope.references).toEqual([]);
});
