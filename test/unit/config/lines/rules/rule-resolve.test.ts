/** `do-resolve`: what is read of it, and what is wrong. */
import { expect, test } from "bun:test";
import { parseHttpRule, parseTcpRule } from "../../../../../src/config/lines/rules/rule.ts";
import { line, position, saidOf, scopeOf, src } from "../../reading.ts";

test.each([
  ["do-resolve(txn.a,dns) src", 6],
  ["do-resolve(txn.a,dns,ipv4) src", 4],
  ["do-resolve(txn.a,dns,ipv4,ipv6) src", 6],
] as const)("%s", (source, prefers) => {
  const action = { kind: "do-resolve", name: "txn.a", resolvers: "dns", prefers, value: src } as const;
  const scope = scopeOf("frontend");
  expect(parseHttpRule(line(`http-request ${source}`), scope, null)).toEqual({ position, action, condition: null });
  expect(parseTcpRule(line(`tcp-request content ${source}`), scope)).toMatchObject({ rule: { action } });
  expect(scope.references.map(({ kind, name, rule }) => [kind, name, rule])).toEqual([
    ["resolvers", "dns", "do-resolve"],
    ["resolvers", "dns", "do-resolve"],
  ]);
});

test("a variable that cannot be is told of", () => {
  const text = "resolvers dns\n nameserver a 127.0.0.1:53\nlisten l\n mode http\n bind 127.0.0.1:8\n";
  const said = saidOf(`${text} http-request do-resolve(foo.a,dns) src\n server s 127.0.0.1:9\n`);
  expect(said).toEqual([expect.stringContaining("what 'do-resolve' finds is lost: invalid variable name 'foo.a'")]);
});
