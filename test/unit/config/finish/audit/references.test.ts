/** Names that lead nowhere, in the words of who refers to them. */
import { readText } from "../../../../cases/case.ts";
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { checkReferences } from "../../../../../src/config/finish/audit/references.ts";
import type { Reference } from "../../../../../src/config/draft/proxy-scope.ts";

const known = {
  hasFrontend: (name: string) => name === "front",
  hasBackend: (name: string) => name === "back" || name === "p",
  hasServer: (backend: string, server: string) => backend === "back" && server === "s1",
  hasTable: (name: string) => name === "table",
  hasResolvers: (name: string) => name === "dns",
  hasUserlist: () => false,
  names: () => ["table", "back", "s1"],
};

const statement = { file: "a.cfg", line: 3, source: "x", words: [] };

function said(kind: Reference["kind"], name: string | null, rule: string | null = null): unknown {
  const diagnostics = new Diagnostics();
  const position = { file: "a.cfg", line: 3 };
  const one = { kind, name, proxy: "p", argument: 1, by: "ACL keyword 'x'", rule, position, statement, word: null };
  checkReferences([one], known, diagnostics);
  return diagnostics.all.map(({ text, advice }) => [text, advice]);
}

const tail = "referenced in arg 1 of ACL keyword 'x' in proxy 'p'.";

test.each([
  ["table", "table", null, null, null],
  ["table", "tabl", null, `unable to find table 'tabl' ${tail}`, "Did you mean 'table'?"],
  ["frontend", "back", null, `unable to find frontend 'back' ${tail}`, "Did you mean 'back'?"],
  [
    "frontend",
    null,
    null,
    "proxy 'p', referenced in arg 1 of ACL keyword 'x' in proxy 'p', has not frontend capability.",
    null,
  ],
  ["server", "back/s1", null, null, null],
  ["server", "back/s9", null, `unable to find server 's9' in proxy 'back', ${tail}`, null],
  ["server", "none/s1", null, `unable to find proxy 'none' ${tail}`, null],
  ["server", null, null, "missing server name in arg 1 of ACL keyword 'x' in proxy 'p'.", null],
  ["userlist", "u", null, `unable to find userlist 'u' ${tail}`, null],
] as const)("%s %p", (kind, name, rule, text, advice) => {
  expect(said(kind, name, rule)).toEqual(text === null ? [] : [[`parsing [a.cfg:3]: ${text}`, advice]]);
});

test.each([
  ["table", "x", "stick", "Proxy 'p': unable to find stick-table 'x'."],
  ["table", "x", "track-sc0", "Proxy 'p': unable to find table 'x' referenced by track-sc0."],
  ["server", "x", "use-server", "backend 'p' : unable to find server 'x' referenced in a 'use-server' rule."],
  ["backend", "x", "use_backend", "Proxy 'p': unable to find required use_backend: 'x'."],
  ["backend", "back", "use_backend", null],
] as const)("%s %s by %s", (kind, name, rule, text) => {
  expect(said(kind, name, rule)).toEqual(text === null ? [] : [[text, null]]);
});

test("a password in a form that is not reckoned here is told by its user's name, where somebody asks for that list", () => {
  const lines = [
    "userlist u",
    " user a insecure-password $2y$x",
    " user b password $6$salt$abc",
    " user c password $2y$10$abcdefghijklmnopqrstuv",
    "frontend f",
    " mode http",
    " bind 127.0.0.1:8",
    " timeout client 1s",
  ];
  const told = (more: string): string[] =>
    readText([...lines, more, ""].join("\n")).diagnostics.all.flatMap(({ level, text }) =>
      level === "alert" ? text : [],
    );
  expect(told(" acl a http_auth(u)")).toEqual([
    "userlist 'u': the password of user 'c' is in a form that cannot be verified here.",
  ]);
  expect(told(" acl a http_auth_user -m found")).toEqual([]);
});
