/** Fetches of HTTP: where they look, what ACLs compare, and raw requests in `mode tcp`. What they find is compared with HAProxy. */
import { describe, expect, test } from "bun:test";
import { compileCondition } from "../../../../src/rules/condition.ts";
import type { SampleContext } from "../../../../src/rules/context.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { Userlists } from "../../../../src/rules/match/userlists.ts";
import { cast } from "../../../../src/rules/value/sample.ts";
import { exchange, request, response } from "../actions/exchange.ts";
import { condition, expression, payload, session, tables } from "../session.ts";

function value(text: string, context: SampleContext): string {
  const sample = compileExpression(expression(text), tables([]))(context);
  if (sample === undefined || sample === "wait") return sample ?? "-";
  const made = cast(sample, "str");
  return made?.type === "str" ? made.value : "?";
}

const asked = request("/p/a?q=1", [
  ["host", "a"],
  ["x-a", "one, two"],
  ["x-a", "three"],
  ["cookie", "a=1; b=2; a=3"],
]);
const answered = response(404, [
  ["x-a", "of the answer"],
  ["set-cookie", "s=5; path=/"],
]);

describe("of requests and of answers", () => {
  test.each([
    ["hdr(x-a)", "three", "of the answer"],
    ["req.hdr(x-a)", "three", "-"],
    ["res.hdr(x-a)", "-", "of the answer"],
    ["shdr(x-a)", "-", "of the answer"],
    ["cookie(a)", "3", "-"],
    ["cookie(s)", "-", "5"],
    ["scook(s)", "-", "5"],
    ["scook_cnt(s)", "-", "1"],
    ["res.hdr_names", "-", "x-a,set-cookie"],
    ["res.ver", "-", "1.1"],
    ["capture.res.ver", "-", "HTTP/1.1"],
    ["status", "-", "404"],
    ["path", "/p/a", "-"],
    ["method", "GET", "GET"],
    ["req.proto_http", "1", "1"],
    ["capture.req.ver", "HTTP/1.1", "HTTP/1.1"],
  ])("%s", (text, before, after) => {
    expect([value(text, exchange(asked)), value(text, exchange(asked, answered))]).toEqual([before, after]);
  });

  test("what an answer is compressed by", () => {
    const plain = exchange(asked, answered);
    const packed = { ...plain, http: { ...plain.http, compression: "raw-deflate" } } as SampleContext;
    expect([plain, packed].map((one) => ["res.comp", "res.comp_algo"].map((text) => value(text, one)))).toEqual([
      ["0", "-"],
      ["1", "raw-deflate"],
    ]);
  });

  test("bodies", () => {
    const body = { bytes: new Uint8Array(Buffer.from("a=1")), final: false };
    const context = exchange(request("/", [], { body, bodyBytes: 10 }), null);
    expect(
      ["req.body", "req.body_len", "req.body_size", "req.body_param(a)"].map((text) => value(text, context)),
    ).toEqual(["a=1", "3", "10", "1"]);
  });

  test("req.len and res.len are those of the message, so that there is content", () => {
    const lengths = ["req.len", "res.len"].map((text) => value(text, exchange(asked, answered)));
    expect(lengths).toEqual(["45", "45"]);
    expect(value("req.len", exchange(asked))).toBe("59");
  });

  test("the head is waited for as long as it may become whole", () => {
    const context = exchange(null);
    const http = context.http!;
    expect(value("req.hdr(x)", { ...context, http: { ...http, isFinal: false } })).toBe("wait");
    expect(value("req.hdr(x)", context)).toBe("-");
  });

  test("captures, also those that a converter makes", () => {
    const context = exchange(asked, answered);
    const made: unknown[] = [];
    const http = {
      ...context.http!,
      capturedRequest: ["c", null],
      capturedResponse: ["d"],
      capture: (...what: unknown[]) => void made.push(what),
    };
    const names = [
      "capture.req.hdr(0)",
      "capture.req.hdr(1)",
      "capture.req.hdr(9)",
      "capture.res.hdr(0)",
      "str(x),capture-res(3)",
    ];
    expect(names.map((text) => value(text, { ...context, http }))).toEqual(["c", "-", "-", "d", "x"]);
    expect(made).toEqual([["response", 3, "x"]]);
  });
});

describe("ACLs try all values", () => {
  test.each([
    ["req.hdr(x-a)", "one", true],
    ["req.hdr(x-a)", "two", true],
    ["req.hdr(x-a)", "none", false],
    ["req.hdr(x-a,1)", "two", false],
    ["req.hdr(x-a),upper", "TWO", true],
    ["req.fhdr(x-a)", "one, two", true],
    ["req.cook(a)", "1", true],
    ["req.cook(a)", "2", false],
    ["urlp(q)", "1", true],
  ])("%s is %s: %p", (text, pattern, expected) => {
    expect(compileCondition(condition(text, "str", [pattern]), tables([]))(exchange(asked))).toBe(expected);
  });

  test("one group of the user is enough, and the password must be right", () => {
    const all = tables([]);
    all.userlists = new Userlists([
      { name: "u", users: [{ name: "bob", password: "pw", isHashed: false, groups: ["g1", "g2"] }] },
    ]);
    const by = (credentials: string, group: string): unknown => {
      const field = `Basic ${Buffer.from(credentials).toString("base64")}`;
      return compileCondition(
        condition("http_auth_group(u)", "str", [group]),
        all,
      )(exchange(request("/", [["authorization", field]])));
    };
    expect([by("bob:pw", "g2"), by("bob:pw", "g3"), by("bob:no", "g2"), by("eve:pw", "g1")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("raw requests in mode tcp", () => {
  const text = "GET /p?q=1 HTTP/1.1\r\nHost: h.example\r\nCookie: a=1\r\n\r\nbody";

  test.each([
    ["req.hdr(host)", "h.example"],
    ["path", "/p"],
    ["urlp(q)", "1"],
    ["cook(a)", "1"],
    ["base", "h.example/p"],
    ["method", "GET"],
    ["req.body_len", "0"],
    ["http_first_req", "1"],
    ["status", "-"],
  ])("%s", (fetch, expected) => {
    expect(value(fetch, session({ request: payload(text) }))).toBe(expected);
  });

  test("more may come, or nothing will", () => {
    const half = text.slice(0, 30);
    expect(value("hdr(host)", session({ request: payload(half) }))).toBe("wait");
    expect(value("hdr(host)", session({ request: payload(half, true) }))).toBe("-");
    expect(value("hdr(host)", session({ request: payload("SSH-2.0-x\r\n") }))).toBe("-");
  });

  test("of an answer nothing is seen", () => {
    const answer = payload("HTTP/1.1 200 OK\r\nX: 1\r\n\r\n");
    expect(value("res.hdr(x)", session({ request: payload(text), response: answer }))).toBe("-");
    expect(value("hdr(host)", session({ request: payload(text), response: answer }))).toBe("-");
  });
});
