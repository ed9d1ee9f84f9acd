// Every action of HTTP, called with whatever strangers can send: none throws, none takes long, and none brings into a request
// what would make it another one.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { LogFormat } from "../../src/plan/rules/log-format.ts";
import type { Action, HttpAction, ReplyPlan, UriNormalizer } from "../../src/plan/rules/rule.ts";
import type { SampleExpression } from "../../src/plan/rules/sample.ts";
import { compileAction } from "../../src/rules/actions/actions.ts";
import type { CompileContext } from "../../src/rules/samples/rows.ts";
import { Tables } from "../../src/rules/stick/tables.ts";
import { exchange, recorder, request, response } from "../unit/rules/actions/exchange.ts";
import { processorMs } from "../processor-time.ts";
import { sample, text } from "./hostile.ts";
import { seededRandom } from "./seed.ts";

setDefaultTimeout(120_000);

const random = seededRandom("http rules");
/** Calls of each. */
const calls = process.env["SOAK"] === "1" ? 50_000 : 1000;
/** Ways in which the configuration may write each. */
const forms = 20;
const slowMs = 100;

const variable: SampleExpression = { fetch: "var", arguments: ["txn.x"], converters: [], text: "txn.x" };
const flags = { quote: false, hex: false, escape: false };

/** Text of the configuration around a value of a stranger's. */
function format(): LogFormat {
  const before = random.pick(["", "/", "a b", "\\1", "\\", "http://x", "?", "%0a", "\\x0a"]);
  return {
    text: before,
    encoding: "text",
    parts: [
      { kind: "text", text: before, flags, name: null },
      { kind: "sample", expression: variable, flags, name: null },
    ],
  };
}

const names = ["host", "x-a", "cookie", "x-"] as const;
const regexes = ["(.*)", "^([^/]*)/(.*)$", "(a|b)+", "\\.", "([^?]*)(\\?(.*))?"] as const;
const normalizers: readonly UriNormalizer[] = [
  "fragment-encode",
  "fragment-strip",
  "path-merge-slashes",
  "path-strip-dot",
  "path-strip-dotdot",
  "path-strip-dotdot full",
  "percent-decode-unreserved",
  "percent-decode-unreserved strict",
  "percent-to-uppercase",
  "percent-to-uppercase strict",
  "query-sort-by-name",
];

function reply(): ReplyPlan {
  const fields = [{ name: "x-a", value: format() }];
  const made: ReplyPlan = { kind: "made", status: 200, contentType: "a/b", content: format(), fields };
  return random.pick([{ kind: "page", status: 403 }, { kind: "file", status: 404, content: "x" }, made]);
}

const field = (): object => ({ name: random.pick(names), value: format() });
const replacement = (): object => ({ regex: random.pick(regexes), value: format() });
const value = (): object => ({ value: format() });
const key = (): object => ({ file: "x.lst", key: format(), value: format() });
const nothing = (): object => ({});

const kinds: Record<HttpAction["kind"], () => object> = {
  allow: nothing,
  deny: () => ({ reply: reply() }),
  tarpit: () => ({ reply: reply() }),
  return: () => ({ reply: reply() }),
  redirect: () => ({
    type: random.pick(["location", "prefix", "scheme"]),
    value: format(),
    code: random.pick([301, 302]),
    dropQuery: random.next() < 0.5,
    appendSlash: random.next() < 0.5,
    ignoreEmpty: random.next() < 0.5,
    setCookie: null,
  }),
  auth: () => ({ realm: random.pick([null, 'a"b']) }),
  "add-header": field,
  "set-header": field,
  "early-hint": field,
  "del-header": () => ({ name: "x-", match: random.pick(["str", "beg", "end", "sub", "reg"]) }),
  "replace-header": () => ({ name: random.pick(names), ...replacement() }),
  "replace-value": () => ({ name: random.pick(names), ...replacement() }),
  "replace-path": replacement,
  "replace-pathq": replacement,
  "replace-uri": replacement,
  "set-method": value,
  "set-path": value,
  "set-pathq": value,
  "set-query": value,
  "set-uri": value,
  "set-status": () => ({ status: random.between(100, 999), reason: null }),
  "normalize-uri": () => ({ normalizer: random.pick(normalizers) }),
  capture: () => ({ from: "request", value: variable, slot: random.between(0, 9), length: random.pick([null, 5]) }),
  "set-timeout": () => ({ which: "tunnel", value: random.pick([5, variable]) }),
  "wait-for-body": () => ({ waitMs: 5, atLeast: 0 }),
  "wait-for-handshake": nothing,
  "disable-l7-retry": nothing,
  "use-service": () => ({ name: "x" }),
  "strict-mode": () => ({ isOn: true }),
  "add-acl": key,
  "del-acl": key,
  "del-map": key,
  "set-map": key,
};

const lists = new Tables();
for (const match of ["ip"] as const) {
  const uses = [{ match, ignoreCase: false, output: "str" as const }];
  const plan = { id: 1, file: "x.lst", isAcl: true, isMap: true, description: "", uses, entries: [] };
  for (const _ of lists.patterns.take([plan]));
}
const within: CompileContext = { tables: lists, proxy: "p" };

/** As the parser lets them come: without white space and controls. */
function target(): string {
  const written = text(random).replaceAll(/[\0- \u007f-\u{10ffff}]/gu, "");
  return random.pick([`/${written}`, `http://h/${written}`, "*", "http://h", `/a/../${written}?b&a=%4`]);
}

describe(`each called ${calls} times`, () => {
  test.each(Object.entries(kinds))("%s", (kind, make) => {
    const rules = Array.from({ length: forms }, () => {
      const action = { kind, ...make() } as Action;
      return { action, run: compileAction(action, within).run };
    });
    for (let left = calls; left > 0; left--) {
      const { action, run } = random.pick(rules);
      const asked = request(target(), [
        ["host", "h"],
        ["x-a", text(random)],
      ]);
      const context = exchange(asked, random.next() < 0.2 ? response(200) : null);
      const given = sample(random);
      context.variables.set("txn.x", given);
      const before = asked.target;
      const spent = processorMs(() => run(context, recorder().effects));
      const what = JSON.stringify({ action, before, given }, (_, one: unknown) =>
        typeof one === "bigint" ? String(one) : one,
      );
      if (spent > slowMs) throw new Error(`${what} took long`);
      if (!/^[!-~]+$/.test(asked.target)) throw new Error(`${what} made ${JSON.stringify(asked.target)}`);
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(asked.method)) throw new Error(`${what} made ${asked.method}`);
    }
    expect(rules).toHaveLength(forms);
  });
});
