/** What is told of two plans that differ: a case is two configurations and the lines. */
import { expect, test } from "bun:test";
import { planChanges } from "../../../src/plan/changes.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { readText } from "../../cases/case.ts";

const before = `global
    maxconn 1000
    stats socket /s level admin
defaults
    mode tcp
    timeout client 1h
    timeout server 1h
    timeout connect 5s
userlist staff
    user ann insecure-password one
resolvers dns
    nameserver a 192.0.2.53:53
frontend ssh
    bind :22
    tcp-request connection reject if { src -f bad.lst }
    default_backend git
listen both
    bind :23
    server only 192.0.2.9:22
backend git
    balance leastconn
    server one 192.0.2.1:7999 check
    server two 192.0.2.2:7999
`;

function planOf(text: string, files: Record<string, string> = { "bad.lst": "198.51.100.1\n" }): Plan {
  const { plan, diagnostics } = readText(text, files);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  return plan;
}

function changes(next: Plan, former = planOf(before)): string[] {
  return [...planChanges(former, next)].filter((line) => line !== "");
}

test("the same configuration has no changes, wherever its lines stand", () => {
  expect(changes(planOf(before))).toEqual([]);
  expect(changes(planOf(`\n\n# more\n${before}`))).toEqual([]);
});

const rows: readonly (readonly [what: string, from: string, to: string, told: readonly string[]])[] = [
  ["a value of global", "maxconn 1000", "maxconn 2000", ["changed global: maxconn 1000 -> 2000"]],
  [
    "a timeout of some",
    "timeout client 1h",
    "timeout client 90s",
    [
      "changed frontend ssh: timeout client 1h -> 90s, timeout client-handshake 1h -> 90s",
      "changed listen both: timeout client 1h -> 90s, timeout client-handshake 1h -> 90s",
    ],
  ],
  [
    "a server's place",
    "192.0.2.1:7999",
    "192.0.2.1:22",
    ["changed server git/one: address 192.0.2.1:7999 -> 192.0.2.1:22"],
  ],
  [
    "a server's options",
    "server two 192.0.2.2:7999",
    "server two 192.0.2.2:7999 weight 7 backup",
    ["changed server git/two: weight 1 -> 7, backup off -> on"],
  ],
  [
    "a server's check",
    "192.0.2.1:7999 check",
    "192.0.2.1:7999 check inter 500ms",
    ["changed server git/one: check inter 2s -> 500ms"],
  ],
  [
    "another server",
    "server two 192.0.2.2:7999",
    "server three 192.0.2.3:7999",
    ["added server git/three 192.0.2.3:7999", "removed server git/two 192.0.2.2:7999"],
  ],
  ["a listener", "bind :22", "bind :2222", ["added bind :2222 of frontend ssh", "removed bind :22 of frontend ssh"]],
  [
    "rules",
    "tcp-request connection reject if",
    "tcp-request connection accept if",
    ["changed frontend ssh: connection-rules"],
  ],
  [
    "an ACL's own words",
    "{ src -f bad.lst }",
    "{ src 203.0.113.9 }",
    ["changed frontend ssh: connection-rules", "removed patterns of bad.lst"],
  ],
  [
    "a listen section",
    "listen both",
    "listen other",
    [
      "added listen other",
      "added bind :23 of listen other",
      "removed listen both",
      "removed bind :23 of listen both",
      "added server other/only 192.0.2.9:22",
      "removed server both/only 192.0.2.9:22",
    ],
  ],
  ["an account, not its password", "insecure-password one", "insecure-password two", ["changed userlist staff"]],
  ["name servers", "192.0.2.53:53", "192.0.2.54:53", ["changed resolvers dns: nameservers"]],
];

test.each(rows)("%s", (_what, from, to, told) => {
  expect(before).toContain(from);
  expect(changes(planOf(before.replace(from, to)))).toEqual(told as string[]);
});

test("files of patterns are told by what is in them", () => {
  const next = planOf(before, { "bad.lst": "198.51.100.1\n198.51.100.2\n" });
  expect(changes(next)).toEqual(["changed patterns of bad.lst: 1 -> 2 entries"]);
  expect(changes(planOf(before, { "bad.lst": "198.51.100.2\n" }))).toEqual([
    "changed patterns of bad.lst: 1 -> 1 entries",
  ]);
});

/** The same with a name that no configuration may give. */
const name = (one: Plan): Plan => ({
  ...one,
  backends: one.backends.map((back) => (back.name === "git" ? Object.assign({}, back, { name: "g\u001b[2J" }) : back)),
});

test("names steer no terminal, and other words are not told", () => {
  const former = planOf(before);
  const next = name(planOf(before.replace("balance leastconn", "description secret")));
  expect(changes(next, name(former)).slice(0, 1)).toEqual(["changed backend g?[2J: description, balance algorithm"]);
});

test("a large plan is gone through in steps", () => {
  const servers = Array.from({ length: 5000 }, (_, at) => `    server s${at} 192.0.2.1:${at + 1}`).join("\n");
  const plan = planOf(`${before}${servers}\n`);
  const steps = [...planChanges(plan, planOf(`${before}${servers.replace("s77 ", "x77 ")}\n`))];
  expect(steps.length).toBeGreaterThan(5000);
  expect(steps.filter((line) => line !== "")).toEqual([
    "added server git/x77 192.0.2.1:78",
    "removed server git/s77 192.0.2.1:78",
  ]);
});
