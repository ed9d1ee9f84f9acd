/** Actions that answer, and where redirections lead; as seen with HAProxy 2.6. */
import { describe, expect, test } from "bun:test";
import type { Action, RedirectPlan, ReplyPlan } from "../../../../../src/plan/rules/rule.ts";
import type { HttpRequestView, HttpReply } from "../../../../../src/rules/http-view.ts";
import { latin1 } from "../../../../../src/wire/latin1.ts";
import { format } from "../../session.ts";
import { exchange, recorder, request, response, run } from "../exchange.ts";

function answered(action: Action, asked = request("/a")): readonly [verdict: string, cause: unknown, HttpReply | null] {
  const told = recorder();
  const verdict = run([action], exchange(asked), told);
  const [last] = told.told as unknown[][];
  return [verdict, last?.[1], told.reply];
}

describe("replies", () => {
  test.each(["deny", "tarpit", "return"] as const)("%s tells which rule it was", (kind) => {
    const reply: ReplyPlan = { kind: "page", status: 403 };
    expect(answered({ kind, reply })).toEqual(["answer", kind, { kind: "page", status: 403 }]);
  });

  test("a file is sent as it is", () => {
    const [, , reply] = answered({ kind: "return", reply: { kind: "file", status: 404, content: "HTTP/1.1 …" } });
    expect(reply?.kind === "file" ? [reply.status, latin1(reply.bytes).slice(0, 8)] : null).toEqual([404, "HTTP/1.1"]);
  });

  test("content and fields may be formats", () => {
    const reply: ReplyPlan = {
      kind: "made",
      status: 418,
      contentType: "text/plain",
      content: format("from %ci"),
      fields: [{ name: "x-a", value: format("%[dst_port]") }],
    };
    const [, , made] = answered({ kind: "return", reply });
    if (made?.kind !== "made") throw new Error("not made");
    expect(made.fields).toEqual([
      ["x-a", "22"],
      ["content-type", "text/plain"],
    ]);
    expect([made.status, latin1(made.body ?? new Uint8Array(0))]).toEqual([418, "from 10.0.0.1"]);
  });

  test("a reply without content has no body", () => {
    const reply: ReplyPlan = { kind: "made", status: 204, contentType: null, content: null, fields: [] };
    const made = { kind: "made" as const, status: 204, reason: null, fields: [], body: null };
    expect(answered({ kind: "return", reply })[2]).toEqual(made);
  });
});

function challenge(action: Action, given: Partial<HttpRequestView> = {}): HttpReply | null {
  return answered(action, request("/a", [], given))[2];
}

describe("auth", () => {
  test("asks in the proxy's name where no realm is said", () => {
    const fields = [["www-authenticate", 'Basic realm="p"']] as const;
    expect(challenge({ kind: "auth", realm: null })).toEqual({ kind: "page", status: 401, fields });
  });

  test("asks as a proxy where it was asked as one", () => {
    const fields = [["proxy-authenticate", 'Basic realm="a b"']] as const;
    const reply = challenge({ kind: "auth", realm: "a b" }, { isToProxy: true });
    expect(reply).toEqual({ kind: "page", status: 407, fields });
  });
});

const usual: RedirectPlan = {
  type: "location",
  value: format("/x"),
  code: 302,
  dropQuery: false,
  appendSlash: false,
  ignoreEmpty: false,
  setCookie: null,
};

/** The fields of a redirection, or the verdict where there is none. */
function redirected(given: Partial<RedirectPlan>, target = "/a/b?x=1", lines = [["host", "h:81"]] as const): unknown {
  const [verdict, , reply] = answered({ kind: "redirect", ...usual, ...given }, request(target, lines));
  return reply?.kind === "made" ? reply.fields : verdict;
}

function location(given: Partial<RedirectPlan>, target?: string): unknown {
  const fields = redirected(given, target);
  return Array.isArray(fields) ? fields[0][1] : fields;
}

describe("redirections", () => {
  const prefix = { type: "prefix", value: format("https://n.example") } as const;
  const scheme = { type: "scheme", value: format("https") } as const;
  const here = { type: "prefix", value: format("/") } as const;

  test.each([
    [{}, "/a", "/x"],
    [prefix, "/a/b?x=1", "https://n.example/a/b?x=1"],
    [prefix, "http://h/a/b?x=1", "https://n.example/a/b?x=1"],
    [{ ...prefix, dropQuery: true }, "/a/b?x=1", "https://n.example/a/b"],
    [{ ...prefix, appendSlash: true }, "/a/b?x=1", "https://n.example/a/b?x=1/"],
    [{ ...prefix, appendSlash: true, dropQuery: true }, "/a/b?x=1", "https://n.example/a/b/"],
    [{ ...prefix, appendSlash: true }, "/a/", "https://n.example/a/"],
    [prefix, "*", "https://n.example/"],
    [prefix, "http://h", "https://n.example/"],
    [{ ...here, appendSlash: true }, "/a", "/a/"],
    [scheme, "/a?x", "https://h:81/a?x"],
    [{ ...scheme, dropQuery: true }, "/a?x", "https://h:81/a"],
  ] satisfies [Partial<RedirectPlan>, string, string][])("%j of %s", (given, target, expected) => {
    expect(location(given, target)).toBe(expected);
  });

  test.each([
    [301, []],
    [302, [["cache-control", "no-cache"]]],
    [303, [["cache-control", "no-cache"]]],
    [307, [["cache-control", "no-cache"]]],
    [308, []],
  ] as const)("%d", (code, more) => {
    expect(redirected({ code })).toEqual([["location", "/x"], ...more]);
  });

  test("cookies are set", () => {
    const setCookie = "A=1; path=/;";
    expect(redirected({ code: 301, setCookie })).toEqual([
      ["location", "/x"],
      ["set-cookie", setCookie],
    ]);
  });

  test("an empty place is none where that is asked for", () => {
    const value = format("%[var(txn.none)]");
    expect(redirected({ value, ignoreEmpty: true })).toBe("pass");
    expect(location({ value })).toBe("");
  });

  test("an answer may be redirected", () => {
    const told = recorder();
    const action: Action = { kind: "redirect", ...usual };
    expect(run([action], exchange(request("/a"), response(200)), told)).toBe("answer");
    expect(told.told).toEqual([["answer", "redirect"]]);
  });
});

describe("services", () => {
  test("one that is known answers", () => {
    expect(answered({ kind: "use-service", name: "prometheus-exporter" })[0]).toBe("answer");
  });

  test("one that is not ends the exchange", () => {
    const told = recorder();
    expect(run([{ kind: "use-service", name: "nobody" }], exchange(request("/")), told)).toBe("answer");
    expect(told.reply).toEqual({ kind: "page", status: 500 });
  });
});
