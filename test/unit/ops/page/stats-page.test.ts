/** The page shows what `show stat` has, in HAProxy's columns, and nothing that came from outside is markup in it. */
import { describe, expect, test } from "bun:test";
import { pageChoice } from "../../../../src/ops/page/page-choice.ts";
import { type PageParts, statsPage } from "../../../../src/ops/page/stats-page.ts";
import type { StatsPagePlan } from "../../../../src/plan/http.ts";
import type { ServerStats } from "../../../../src/proxy/public.ts";
import { backendStats, frontendStats, infoSource, serverStats } from "../scripted-proxy.ts";

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

const all = { hidesDown: false, hidesMaintenance: false, isWanted: () => true };

function page(own: Partial<StatsPagePlan> = {}, parts: Partial<PageParts> = {}, servers = [serverStats()]): string {
  const info = infoSource({ backends: [backendStats(servers)] });
  const whole = { info, plan: { ...plan, ...own }, choice: pageChoice(""), rows: all, isAdmin: false, ...parts };
  return [...statsPage(whole)].join("");
}

/** The row of a server. */
function row(one: Partial<ServerStats>): string {
  return /<tr class="[^"]*"><th scope="row" id="be\/s1".*/.exec(page({}, {}, [serverStats(one)]))?.[0] ?? "";
}

test("a table for each proxy, a row for each frontend, server and backend", () => {
  const text = page();
  expect(text.match(/<section data-name="\w+">/g)).toEqual(['<section data-name="fe">', '<section data-name="be">']);
  expect([...text.matchAll(/scope="row" id="([^"]+)"/g)].map(([, id]) => id)).toEqual([
    "fe/Frontend",
    "be/s1",
    "be/Backend",
  ]);
  for (const one of ["</section>", "</table>"]) expect(text.split(one)).toHaveLength(3);
  expect(text).toEndWith("</html>\n");
  const heads = [...text.matchAll(/<th scope="col">([^<]+)</g)].map(([, head]) => head);
  const cells = row({}).match(/<td[ >]/g)?.length ?? 0;
  expect(heads.length).toBe(2 * cells);
});

test("a listen is one table", () => {
  const info = infoSource({
    frontends: [frontendStats({ name: "both", id: 2, isListen: true })],
    backends: [backendStats([serverStats()], { name: "both", id: 2, isListen: true })],
  });
  expect(page({}, { info }).match(/<section/g)).toHaveLength(1);
});

test.each([
  ["up", {}],
  ["unchecked", { state: "no check", check: null }],
  ["maint", { state: "MAINT" }],
  ["drain", { state: "DRAIN" }],
  ["drain", { state: "NOLB" }],
  ["going-down", { check: { ...check(), health: 3 } }],
  ["down", { state: "DOWN", check: { ...check(), health: 0 } }],
  ["going-up", { state: "DOWN", check: { ...check(), health: 1 } }],
  ["backup up", { isBackup: true }],
] as [string, Partial<ServerStats>][])("state %s", (mood, one) => {
  expect(row(one)).toStartWith(`<tr class="${mood}">`);
});

test("how long a state holds is told of states that somebody looks at", () => {
  expect(row({ lastChangeSeconds: 5 })).toContain(">5s UP<");
  expect(row({ lastChangeSeconds: 5, state: "no check", check: null })).toContain(">no check<");
});

function check(): NonNullable<ServerStats["check"]> {
  return serverStats().check as NonNullable<ServerStats["check"]>;
}

test("nothing from outside is markup", () => {
  const bad = `<script>alert("x")</script>&'\u0007`;
  const last = { status: "L7STS", code: 500, info: bad, durationMs: 3 };
  const text = page({ description: bad, node: bad }, { isAdmin: true, choice: pageChoice("?scope=<b>") }, [
    serverStats({ name: `a"b<c`, check: { ...check(), last }, cookie: bad }),
  ]);
  expect(text.match(/<script>/g)).toHaveLength(1);
  expect(text).not.toContain(bad.slice(0, 20));
  expect(text).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39; ");
  expect(text).toContain(`value="a&quot;b&lt;c"`);
});

test("the configuration's bytes are shown as UTF-8", () => {
  expect(page({ description: Buffer.from("für alle").toString("latin1") })).toContain("für alle");
});

describe("the form", () => {
  test("is there for who may change something", () => {
    const text = page({}, { isAdmin: true });
    expect(text.match(/<form method="post">/g)).toHaveLength(1);
    expect(text).toContain('<input type="checkbox" name="s" value="s1"');
    expect(text).toContain('<select name="action"><option value=""></option><option value="ready">');
    expect(text).toContain('<input type="hidden" name="b" value="be">');
    expect(page()).not.toContain("<form");
  });

  test.each([
    ["DONE", "Action processed successfully."],
    ["DENY", "Action denied."],
    ["WHAT", "Unexpected result."],
  ])("%s is told", (code, text) => {
    expect(page({}, { choice: pageChoice(`;st=${code}`) })).toContain(text);
    expect(page()).not.toContain(text);
  });
});

test("what the lines say is shown or hidden", () => {
  expect(page()).toContain("<small>HAProxy version v, released ");
  expect(page({ showsVersion: false })).not.toContain("version v");
  expect(page()).toMatch(/>uptime \d+d \d+h\d\dm\d\ds, /);
  expect(page({ node: "" })).toContain(" on n<");
  expect(page({ node: "other" })).toContain(" on other<");
  expect(page({ showsLegends: true })).toContain('title="127.0.0.1:7999, id: 1"');
  expect(page()).not.toContain("127.0.0.1:7999");
  expect(page({ showsModules: true })).toContain(">HTTP</th>");
  expect(page()).not.toContain(">HTTP</th>");
});

test("links keep what was chosen", () => {
  const text = page({}, { choice: pageChoice(";up;st=DONE?scope=a") });
  expect(text).toContain('href="/st;up?scope=a">Refresh now');
  expect(text).toContain('href="/st;csv;up;norefresh?scope=a">CSV');
});

test("ten thousand servers are a step each", () => {
  const servers = Array.from({ length: 10_000 }, (_, at) => serverStats({ name: `s${at}`, id: at + 1 }));
  const info = infoSource({ backends: [backendStats(servers)] });
  const parts = { info, plan, choice: pageChoice(""), rows: all, isAdmin: true };
  let [steps, longest] = [0, 0];
  for (const text of statsPage(parts)) {
    steps += 1;
    longest = Math.max(longest, text.length);
  }
  expect(steps).toBeGreaterThan(10_000);
  expect(longest).toBeLessThan(8192);
});

test("its script can be read, and asks for nothing that the page has not", () => {
  const text = page({ refreshSeconds: 5 }, { isAdmin: true });
  const [, script = ""] = /<script>(.*)<\/script>/s.exec(text) ?? [];
  expect(() => new Function(script)).not.toThrow();
  for (const [, id] of script.matchAll(/getElementById\("([^"]+)"\)/g)) expect(text).toContain(`id="${id}"`);
  for (const part of ["<main>", 'class="all"', 'class="rate"', "data-name=", "data-uri=", 'name="s"', 'class="scroll"'])
    expect(text).toContain(part);
});

test("bytes out tell what was compressed of them, where anything was", () => {
  const compression = { bytesIn: 900, bytesOut: 500, bytesPassed: 20, answers: 3 };
  const rate = { current: 0, limit: 0, max: 0 };
  const http = { requestsTotal: 0, requestRate: rate, responses: [], intercepted: 0, connects: 0, reuses: 0, idle: 0 };
  const front = frontendStats({ bytesOut: 77, http: { ...http, idleFresh: 0, compression } });
  const text = page({}, { info: infoSource({ frontends: [front], backends: [] }) });
  expect(text).toContain('title="77; compressed answers 3, bytes before 900, after 500, bypassed 20"');
  expect(page()).not.toContain("compressed");
});
