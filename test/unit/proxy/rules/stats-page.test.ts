/** Who asks for a proxy's page, and who may see it. */
import { describe, expect, test } from "bun:test";
import type { StatsPagePlan } from "../../../../src/plan/http.ts";
import { compileStatsPage, restOf } from "../../../../src/proxy/rules/stats-page.ts";
import type { RuleEffects } from "../../../../src/rules/actions/effects.ts";
import type { SampleContext } from "../../../../src/rules/context.ts";
import type { HttpReply, HttpRequestView } from "../../../../src/rules/http-view.ts";
import { Tables } from "../../../../src/rules/stick/tables.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";

const plan: StatsPagePlan = {
  uri: "/st",
  realm: null,
  users: [],
  scope: [],
  showsVersion: true,
  node: null,
  description: null,
  showsLegends: false,
  showsModules: false,
  refreshSeconds: 0,
  adminRules: [],
  requestRules: [],
};

/** What a page's rules say to a request with these fields. */
function judged(own: Partial<StatsPagePlan>, fields: readonly (readonly [string, string])[], isToProxy = false) {
  const work = compileStatsPage({ ...plan, ...own }, new Tables(), "px");
  let step = work.next();
  while (step.done !== true) step = work.next();
  const all = new Fields();
  for (const [name, value] of fields) all.add(name, value);
  const request = { fields: all, isToProxy, method: "GET", target: "/st" } as unknown as HttpRequestView;
  const context = { http: { request }, frontend: "px", backend: null } as unknown as SampleContext;
  const replies: HttpReply[] = [];
  const effects = { http: { answer: (reply: HttpReply) => void replies.push(reply) } } as unknown as RuleEffects;
  const verdict = step.value?.rules?.start(context, effects).step() ?? null;
  return { verdict, reply: replies[0] ?? null, isAdmin: step.value?.isAdmin(context) };
}

function basic(text: string): [string, string] {
  return ["authorization", `Basic ${Buffer.from(text, "latin1").toString("base64")}`];
}

describe("stats auth", () => {
  const users = [
    { name: "a", password: "b:c" },
    { name: "d", password: "" },
    { name: "é", password: "é" },
  ];

  test.each([
    ["a:b:c", "pass"],
    ["d:", "pass"],
    ["é:é", "pass"],
    ["a:b", "answer"],
    ["a:b:c ", "answer"],
    ["d", "answer"],
    ["nobody:", "answer"],
    ["", "answer"],
  ] as const)("%p: %s", (text, verdict) => {
    expect(judged({ users }, [basic(text)]).verdict).toBe(verdict);
  });

  test.each(["bearer x", "Basic", "Basic !", "BASIC YTpiOmM=x y"])("%p is nobody", (value) => {
    expect(judged({ users }, [["authorization", value]]).verdict).toBe("answer");
  });

  test("the scheme's case does not count", () => {
    expect(judged({ users }, [["authorization", "bAsIc YTpiOmM="]]).verdict).toBe("pass");
  });

  test.each([
    [null, false, 401, "www-authenticate", 'Basic realm="HAProxy Statistics"'],
    ['my "own"', false, 401, "www-authenticate", 'Basic realm="my \\"own\\""'],
    [null, true, 407, "proxy-authenticate", 'Basic realm="HAProxy Statistics"'],
  ] as const)("realm %p, to a proxy %p", (realm, isToProxy, status, name, value) => {
    const { verdict, reply } = judged({ users, realm }, [], isToProxy);
    expect(verdict).toBe("answer");
    expect(reply).toEqual({ kind: "page", status, fields: [[name, value]] });
  });

  test("a proxy is told by a field of its own", () => {
    const [, value] = basic("a:b:c");
    expect(judged({ users }, [["proxy-authorization", value]], true).verdict).toBe("pass");
    expect(judged({ users }, [["proxy-authorization", value]]).verdict).toBe("answer");
  });

  test("nobody asked for: everybody may", () => {
    expect(judged({}, []).verdict).toBeNull();
  });
});

test.each([
  [null, 'Basic realm="HAProxy Statistics"'],
  ["r", 'Basic realm="r"'],
])("stats http-request auth, realm %p", (realm, value) => {
  const action = { kind: "auth", realm } as const;
  const requestRules = [{ position: { file: "x.cfg", line: 1 }, action, condition: null }];
  expect(judged({ requestRules }, []).reply).toMatchObject({ fields: [["www-authenticate", value]] });
});

test("who may change something is said by a line", () => {
  expect(judged({}, []).isAdmin).toBe(false);
  expect(judged({ adminRules: [{ unless: false, any: [] }] }, []).isAdmin).toBe(false);
  expect(
    judged(
      {
        adminRules: [
          { unless: false, any: [] },
          { unless: true, any: [] },
        ],
      },
      [],
    ).isAdmin,
  ).toBe(true);
});

test.each([
  ["/st", "GET", "/st", ""],
  ["/st", "HEAD", "/st;csv", ";csv"],
  ["/st", "POST", "/stats", "ats"],
  ["/st", "GET", "http://h/st;up", ";up"],
  ["/st", "PUT", "/st", null],
  ["/st", "GET", "/ST", null],
  ["/st", "GET", "/s", null],
  ["/st", "OPTIONS", "*", null],
  ["/haproxy?stats", "GET", "/haproxy?stats;csv", ";csv"],
  ["/haproxy?stats", "GET", "/haproxy", null],
  ["http://h/st", "GET", "http://h/st;up", ";up"],
  ["http://h/st", "GET", "/st", null],
])("%p, asked by %s %s: %p", (uri, method, target, rest) => {
  expect(restOf({ ...plan, uri }, { method, target } as unknown as HttpRequestView)).toBe(rest);
});
