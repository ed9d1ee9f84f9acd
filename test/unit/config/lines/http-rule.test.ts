/** Rules of HTTP as data: what the reader makes of good lines. */
import { describe, expect, test } from "bun:test";
import type { LogFormat } from "../../../../src/plan/rules/log-format.ts";
import type { CapturePlan } from "../../../../src/plan/http.ts";
import type { Action, RedirectPlan } from "../../../../src/plan/rules/rule.ts";
import type { ProxyScope } from "../../../../src/config/draft/proxy-scope.ts";
import { parseHttpRule, parseRedirectRule, parseTcpRule } from "../../../../src/config/lines/rules/rule.ts";
import { line, position, scopeOf } from "../reading.ts";

const files = { "/e.http": "HTTP/1.1 404 Mine\r\n\r\n", "/page": "a  page %[src]\n" };

function action(source: string, kind: ProxyScope["kind"] = "frontend", captures: CapturePlan[] | null = []): Action {
  return parseHttpRule(line(source), scopeOf(kind, files), captures).action;
}

const text = (value: string): LogFormat => ({
  text: value,
  encoding: "text",
  parts: [{ kind: "text", text: value, name: null, flags: { quote: false, hex: false, escape: false } }],
});

describe("fields", () => {
  test("names are in lower case", () => {
    expect(action("http-request set-header X-A b")).toEqual({ kind: "set-header", name: "x-a", value: text("b") });
    expect(action("http-response del-header X-A -m beg")).toEqual({ kind: "del-header", name: "x-a", match: "beg" });
    expect(action("http-request del-header ^X -m reg")).toEqual({ kind: "del-header", name: "^X", match: "reg" });
  });

  test("replacements", () => {
    const value = text("\\1");
    expect(action("http-request replace-header X-A (.*) '\\1'")).toEqual({
      kind: "replace-header",
      name: "x-a",
      regex: "(.*)",
      value,
    });
    expect(action("http-request replace-path (.*) '\\1'")).toEqual({ kind: "replace-path", regex: "(.*)", value });
  });
});

describe("replies", () => {
  test.each([
    ["deny", { kind: "page", status: 403 }],
    ["deny deny_status 429", { kind: "page", status: 429 }],
    ["deny default-errorfiles", { kind: "page", status: 403 }],
    ["tarpit", { kind: "page", status: 500 }],
    ["deny status 429", { kind: "made", status: 429, contentType: null, content: null, fields: [] }],
    ["return", { kind: "made", status: 200, contentType: null, content: null, fields: [] }],
    ["return status 404 errorfile /e.http", { kind: "file", status: 404, content: files["/e.http"] }],
    [
      "return content-type text/plain file /page",
      { kind: "made", status: 200, contentType: "text/plain", content: files["/page"], fields: [] },
    ],
    [
      "deny status 418 content-type a/b string 'x  y' hdr X-A b",
      {
        kind: "made",
        status: 418,
        contentType: "a/b",
        content: "x  y",
        fields: [{ name: "x-a", value: text("b") }],
      },
    ],
  ] as const)("%s", (source, reply) => {
    expect(action(`http-request ${source}`)).toMatchObject({ reply });
  });

  test("a response is denied with 502", () => {
    expect(action("http-response deny")).toMatchObject({ reply: { status: 502 } });
  });

  test("a file may be a format", () => {
    const { reply } = action("http-request return content-type text/plain lf-file /page") as Action & {
      kind: "return";
    };
    if (reply.kind !== "made" || reply.content === null || typeof reply.content === "string") throw new Error("no");
    expect(reply.content.parts.map(({ kind }) => kind)).toEqual(["text", "sample", "text"]);
  });

  test("pages of an http-errors section are the response; one that it has not is the proxy's own", () => {
    const httpErrors = new Map([["mine", new Map([[404, "HTTP/1.1 404 x\r\n\r\n"]])]]);
    const scope = { ...scopeOf("frontend"), httpErrors };
    const reply = (status: number): unknown =>
      parseHttpRule(line(`http-request deny status ${status} errorfiles mine`), scope, []).action;
    expect(reply(404)).toMatchObject({ reply: { kind: "file", content: "HTTP/1.1 404 x\r\n\r\n" } });
    expect(reply(403)).toMatchObject({ reply: { kind: "page", status: 403 } });
    expect(scope.diagnostics.all.map((one) => one.text)).toEqual([
      "Proxy 'p': status '403' referenced by an http reply not declared in http-errors section 'mine'.",
    ]);
  });
});

describe("redirections", () => {
  const usual: Omit<RedirectPlan, "type" | "value"> = {
    code: 302,
    dropQuery: false,
    appendSlash: false,
    ignoreEmpty: false,
    setCookie: null,
  };

  test("of a rule, the place is a format", () => {
    const { value, ...rest } = action("http-request redirect scheme https code 301 drop-query") as Action & {
      kind: "redirect";
    };
    expect([value, rest]).toEqual([
      text("https"),
      { ...usual, kind: "redirect", type: "scheme", code: 301, dropQuery: true },
    ]);
  });

  test("of a line, it is a text", () => {
    const { action: made, condition } = parseRedirectRule(
      line("redirect location %[path]a  set-cookie A=1 append-slash ignore-empty if TRUE"),
      scopeOf("frontend"),
    );
    expect(made).toEqual({
      ...usual,
      kind: "redirect",
      type: "location",
      value: text("%[path]a"),
      appendSlash: true,
      ignoreEmpty: true,
      setCookie: "A=1; path=/;",
    });
    expect(condition?.any).toHaveLength(1);
  });

  test.each([
    ["clear-cookie A", "A; path=/; Max-Age=0;"],
    ["clear-cookie A=", "A=; path=/; Max-Age=0;"],
  ])("%s", (source, setCookie) => {
    expect(action(`http-request redirect location / ${source}`)).toMatchObject({ setCookie });
  });
});

describe("the exchange", () => {
  test("captures get slots of their own, in order", () => {
    const captures: CapturePlan[] = [{ field: "host", length: 10 }];
    expect(action("http-request capture src len 20", "frontend", captures)).toMatchObject({ from: "request", slot: 1 });
    expect(captures).toEqual([
      { field: "host", length: 10 },
      { field: null, length: 20 },
    ]);
    expect(action("http-response capture src id 4")).toMatchObject({ from: "response", slot: 4 });
  });

  test.each([
    ["http-request auth", { kind: "auth", realm: null }],
    ["http-request auth realm 'a b'", { kind: "auth", realm: "a b" }],
    ["http-request allow if TRUE", { kind: "allow" }],
    ["http-response set-status 404 reason 'Not here'", { kind: "set-status", status: 404, reason: "Not here" }],
    ["http-request wait-for-body time 1s at-least 1k", { kind: "wait-for-body", waitMs: 1000, atLeast: 1024 }],
    ["http-response wait-for-body time 1s", { kind: "wait-for-body", waitMs: 1000, atLeast: 0 }],
    ["http-request strict-mode off", { kind: "strict-mode", isOn: false }],
    ["http-request add-acl(/x) a", { kind: "add-acl", file: "/x", key: text("a") }],
    ["http-request set-map(/x) a b", { kind: "set-map", file: "/x", key: text("a"), value: text("b") }],
  ] as const)("%s", (source, expected) => {
    expect(action(source)).toEqual(expected as unknown as Action);
  });

  test("time-outs are a backend's", () => {
    expect(action("http-request set-timeout tunnel 5s", "backend")).toEqual({
      kind: "set-timeout",
      which: "tunnel",
      value: 5000,
    });
  });

  test("what is experimental has to be allowed", () => {
    const source = "http-request normalize-uri path-strip-dotdot full";
    expect(() => action(source)).toThrow("'normalize-uri' action is experimental");
    const scope = {
      ...scopeOf("frontend"),
      global: { asksSsh: false, isExperimental: true, bufsizeBytes: 16_384, withoutEffect: [] },
    };
    expect(parseHttpRule(line(source), scope, null).action).toEqual({
      kind: "normalize-uri",
      normalizer: "path-strip-dotdot full",
    });
  });
});

test.each(["cache-use a", "send-spoe-group a b"])("%s is refused by name", (source) => {
  const name = source.split(/[ (]/, 1)[0];
  expect(() => action(`http-request ${source}`)).toThrow(`'http-request ${name}' is not supported in frontend 'p'`);
});

test.each([
  ["http-response set-status 103", "'set-status 103' is not supported"],
  ["http-request add-header X:A b", "'http-request add-header x:a' is not supported"],
])("%s is refused by name", (source, text) => {
  expect(() => action(source)).toThrow(text);
});

test.each([
  "http-request set-header Content-Length 5",
  "http-request add-header Content-Length 5",
  "http-request del-header transfer-encoding",
  "http-response replace-header Content-Length .* 5",
  "http-request early-hint Content-Length 5",
])("%s has no effect, and is told of", (source) => {
  const scope = scopeOf("frontend");
  parseHttpRule(line(source), scope, null);
  const words = source.toLowerCase().split(" ").slice(0, 3).join(" ");
  const reason = "a body is as long as it is, and its head says so";
  expect(scope.global.withoutEffect).toEqual([{ keyword: words, reason, position }]);
  const text = `parsing [a.cfg:3] : '${words}' has no effect: ${reason}.`;
  expect(scope.diagnostics.all.map((one) => [one.level, one.text])).toEqual([["notice", text]]);
});

describe("tcp-request content capture", () => {
  const captures: CapturePlan[] = [];
  const read = (source: string): unknown => parseTcpRule(line(source), scopeOf("frontend"), captures);

  test("takes a slot as well", () => {
    expect(read("tcp-request content capture src len 5")).toMatchObject({
      kind: "content",
      rule: { action: { kind: "capture", from: "request", slot: 0 } },
    });
    expect(captures).toEqual([{ field: null, length: 5 }]);
  });

  test.each([
    ["tcp-request content capture", "missing fetch method"],
    ["tcp-request content capture src", "'tcp-request content capture' : a positive 'len' argument is mandatory"],
    ["tcp-request content capture src len x", "'tcp-request content capture' : length must be > 0"],
    ["tcp-request session capture src len 5", "'capture src' is not allowed in 'tcp-request session' rules"],
  ])("%s", (source, text) => expect(() => read(source)).toThrow(text));
});
