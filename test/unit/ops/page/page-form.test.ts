/** The form does what HAProxy's does, tells the same of it, and is nobody else's. */
import { describe, expect, test } from "bun:test";
import type { Outcome } from "../../../../src/ops/page/page-choice.ts";
import { actionLabels, carryOut, isForeign } from "../../../../src/ops/page/page-form.ts";
import type { ServerStats } from "../../../../src/proxy/public.ts";
import { backendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

const agent = { last: null, isEnabled: true };

function sent(form: string, one: Partial<ServerStats> = { agent }) {
  const plain = serverStats({ name: "s2", id: 2, check: null, agent: null });
  const { proxy, asked } = scriptedProxy({ backends: [backendStats([serverStats(one), plain])] });
  const outcomes: Outcome[] = [];
  for (const _ of carryOut(proxy, form, (outcome) => outcomes.push(outcome)));
  return [outcomes, asked] as const;
}

describe("actions", () => {
  test.each([
    ["ready", ["state", "be", "s1", "ready"]],
    ["drain", ["state", "be", "s1", "drain"]],
    ["maint", ["state", "be", "s1", "maint"]],
    ["dhlth", ["checks", "be", "s1", false]],
    ["ehlth", ["checks", "be", "s1", true]],
    ["hrunn", ["health", "be", "s1", "up"]],
    ["hnolb", ["health", "be", "s1", "stopping"]],
    ["hdown", ["health", "be", "s1", "down"]],
    ["dagent", ["agent", "be", "s1", { enabled: false }]],
    ["eagent", ["agent", "be", "s1", { enabled: true }]],
    ["arunn", ["agent", "be", "s1", { health: "up" }]],
    ["adown", ["agent", "be", "s1", { health: "down" }]],
    ["shutdown", ["kill sessions", "be", "s1"]],
    ["disable", ["state", "be", "s1", "maint"]],
    ["enable", ["state", "be", "s1", "ready"]],
    ["stop", ["state", "be", "s1", "drain"]],
    ["start", ["state", "be", "s1", "ready"]],
  ] as const)("%s", (action, verb) => {
    expect(sent(`s=s1&action=${action}&b=be`)).toEqual([["DONE"], [[...verb]]]);
  });

  test("each that the page offers is one", () => {
    for (const [value] of actionLabels) expect(sent(`s=s1&action=${value}&b=be`)[0]).toEqual(["DONE"]);
  });
});

test.each([
  ["s=s1&s=s2&action=maint&b=be", "DONE", 2],
  ["b=%233&action=maint&s=s1", "DONE", 1],
  ["s=s1&s=nope&action=maint&b=be", "PART", 1],
  ["s=nope&action=maint&b=be", "ERRP", 0],
  ["s=s1&action=bogus&b=be", "ERRP", 0],
  ["s=s1&action=constructor&b=be", "ERRP", 0],
  ["s=s1&action=&b=be", "ERRP", 0],
  ["s=s1&action=maint&b=nope", "ERRP", 0],
  ["s=s1&action=maint&b=%239", "ERRP", 0],
  ["s=s1&action=maint&b=fe", "ERRP", 0],
  ["action=maint&b=be", "NONE", 0],
  ["s=s1&action=maint", "NONE", 0],
  ["s=s1&b=be", "NONE", 0],
  ["s=s2&action=dhlth&b=be", "NONE", 0],
  ["s=s2&action=eagent&b=be", "NONE", 0],
  ["s=s2&action=adown&b=be", "NONE", 0],
  ["", "NONE", 0],
  ["x=y", "NONE", 0],
] as const)("%p tells %s", (form, outcome, changes) => {
  const [outcomes, asked] = sent(form);
  expect(outcomes).toEqual([outcome]);
  expect(asked).toHaveLength(changes);
});

test("a server that tracks another has its health from there", () => {
  expect(sent("s=s1&action=hdown&b=be", { trackedAs: "a/b" })).toEqual([["NONE"], []]);
});

test.each([
  [{}, false],
  [{ "sec-fetch-site": "same-origin", origin: "https://outer" }, false],
  [{ "sec-fetch-site": "none" }, false],
  [{ "sec-fetch-site": "same-site" }, true],
  [{ "sec-fetch-site": "cross-site" }, true],
  [{ "sec-fetch-site": "anything" }, true],
  [{ origin: "http://H:8080" }, false],
  [{ origin: "https://h:8080" }, false],
  [{ origin: "http://h" }, true],
  [{ origin: "http://evil", referer: "http://h:8080/stats" }, true],
  [{ origin: "null" }, true],
  [{ origin: "" }, true],
  [{ referer: "http://h:8080/stats;up" }, false],
  [{ referer: "http://evil/?h:8080" }, true],
  [{ referer: "http://h:8080@evil/" }, true],
] as { readonly [name: string]: string }[][] as [{ readonly [name: string]: string }, boolean][])(
  "of a page elsewhere: %p",
  (fields, is) => {
    expect(isForeign((name) => (name === "host" ? "h:8080" : (fields[name] ?? null)))).toBe(is);
  },
);
