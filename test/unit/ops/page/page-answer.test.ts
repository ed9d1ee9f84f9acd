/** Questions and forms get the answers that HAProxy's page gives. */
import { expect, test } from "bun:test";
import { answerPage, type PageQuestion } from "../../../../src/ops/page/page-answer.ts";
import { answerCommand } from "../../../../src/ops/admin/commands.ts";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import type { StatsPagePlan } from "../../../../src/plan/http.ts";
import { backendStats, infoSource, scriptedProxy, serverStats } from "../scripted-proxy.ts";

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
  refreshSeconds: 7,
  adminRules: [],
  requestRules: [],
};

async function asked(own: Partial<PageQuestion>, lines: Partial<StatsPagePlan> = {}) {
  const scripted = scriptedProxy({
    backends: [backendStats([serverStats(), serverStats({ name: "s2", id: 2, state: "MAINT" })])],
  });
  const info = { ...infoSource(), proxy: scripted.proxy };
  const question: PageQuestion = {
    plan: { ...plan, ...lines },
    proxy: "be",
    method: "GET",
    rest: "",
    field: () => null,
    isAdmin: false,
    form: new Uint8Array(),
    ...own,
  };
  const { status, fields, body } = await answerPage(info, question);
  const text = body === null ? null : [...body].join("");
  return { status, fields: Object.fromEntries(fields), text, changes: scripted.asked, info };
}

test(";csv is what `show stat` gives", async () => {
  const { text, fields, info } = await asked({ rest: ";csv" });
  const session = { level: "user", severityOutput: "none" } as unknown as AdminSession;
  const stat = (words: string): string => [...answerCommand(words, { info } as AdminSources, session)].join("");
  expect(text).toBe(stat("show stat"));
  expect(fields["content-type"]).toBe("text/plain");
  expect((await asked({ rest: ";typed" })).text).toBe(stat("show stat typed"));
  expect((await asked({ rest: ";json" })).text).toBe(stat("show stat json"));
  expect((await asked({ rest: ";json-schema" })).text).toBe(stat("show schema json"));
  expect((await asked({ rest: ";csv;no-maint" })).text).toBe(stat("show stat no-maint"));
});

function names(text: string | null): string[] {
  return (text ?? "")
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(",").slice(0, 2).join("/"));
}

test.each([
  [[], "", ["fe/FRONTEND", "be/s1", "be/s2", "be/BACKEND"]],
  [["."], "", ["be/s1", "be/s2", "be/BACKEND"]],
  [["fe", "nobody"], "", ["fe/FRONTEND"]],
  [[], "?scope=F", ["fe/FRONTEND"]],
  [["."], "?scope=fe", []],
  [[], ";up", ["fe/FRONTEND", "be/s1", "be/BACKEND"]],
] as const)("scope %p and %p", async (scope, rest, rows) => {
  expect(names((await asked({ rest: `;csv${rest}` }, { scope })).text)).toEqual([...rows]);
});

test("it is loaded again by itself, unless somebody does not want that", async () => {
  const page = async (rest: string, refreshSeconds = 7): Promise<string | null> =>
    (await asked({ rest }, { refreshSeconds })).text;
  expect(await page("")).toContain('<noscript><meta http-equiv="refresh" content="7"></noscript>');
  expect(await page("")).toContain('<body data-refresh="7">');
  for (const still of [page(";norefresh"), page("", 0)]) {
    expect(await still).not.toContain('http-equiv="refresh"');
    expect(await still).toContain('<body data-refresh="0">');
  }
  expect((await asked({ rest: ";csv" })).fields["refresh"]).toBe("7");
  expect((await asked({ rest: ";csv;norefresh" })).fields["refresh"]).toBeUndefined();
});

test("the page may do nothing but what it needs", async () => {
  const { fields } = await asked({});
  expect(fields["content-security-policy"]).toContain("default-src 'none'");
  expect(fields["content-security-policy"]).toContain("frame-ancestors 'none'");
});

const form = Buffer.from("s=s1&action=maint&b=be");
const change = [["state", "be", "s1", "maint"]];

test.each([
  ["an administrator's", { isAdmin: true }, "/st;st=DONE", change],
  ["with words", { isAdmin: true, rest: ";up;norefresh?scope=be" }, "/st;st=DONE;up;norefresh?scope=be", change],
  ["anybody else's", {}, "/st;st=DENY", []],
  ["one too long", { isAdmin: true, form: null }, "/st;st=EXCD", []],
  [
    "of another page",
    { isAdmin: true, field: (name: string) => (name === "origin" ? "http://evil" : null) },
    "/st;st=DENY",
    [],
  ],
] as const)("a form: %s", async (_, own, location, changes) => {
  const { status, fields, text, changes: made } = await asked({ method: "POST", form, ...own });
  expect({ status, location: fields["location"], text }).toEqual({ status: 303, location, text: null });
  expect(made).toEqual([...changes]);
});
