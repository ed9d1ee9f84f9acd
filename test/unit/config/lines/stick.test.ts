/** Lines of backends that end in a condition: `stick`, `use_backend`, `use-server`, `force-persist`. */
import { expect, test } from "bun:test";
import {
  parsePersistRule,
  parseStickRule,
  parseUseBackend,
  parseUseServer,
} from "../../../../src/config/lines/stick.ts";
import { line, scopeOf, src } from "../reading.ts";

test("stick and use_backend", () => {
  const scope = scopeOf("listen");
  const stick = parseStickRule(line("stick match src,ipmask(24) table t if TRUE"), scope);
  expect(stick).toMatchObject({ kind: "match", table: "t", key: { text: "src,ipmask(24)" } });
  expect(parseUseBackend(line("use_backend be"), scope)).toEqual({ backend: "be", condition: null });
  expect(parseUseBackend(line("use_backend be_%[src]"), scope)).toMatchObject({
    backend: {
      parts: [
        { kind: "text", text: "be_" },
        { kind: "sample", expression: src },
      ],
    },
  });
  expect(scope.references.map(({ rule: by, name }) => [by, name])).toEqual([
    ["stick", "t"],
    ["use_backend", "be"],
  ]);
});

test("use-server and force-persist ask for a condition", () => {
  const scope = scopeOf("backend");
  const always = { any: [[{ negate: false, acl: { name: "TRUE" } }]] };
  expect(parseUseServer(line("use-server s1 unless TRUE"), scope)).toMatchObject({
    server: "s1",
    condition: { unless: true, ...always },
  });
  expect(parsePersistRule(line("ignore-persist if TRUE"), scope)).toMatchObject({
    kind: "ignore-persist",
    condition: { unless: false, ...always },
  });
  expect(scope.references.map(({ kind, name }) => [kind, name])).toEqual([["server", "s1"]]);
});

test.each([
  ["stick foo src", parseStickRule, "'stick' expects 'on', 'match', or 'store'."],
  ["stick on", parseStickRule, "'stick' expects a fetch method."],
  [
    "stick match res.len",
    parseStickRule,
    "'stick': fetch method 'res.len' extracts information from 'response buffer', none of which is available during request.",
  ],
  ["stick on src table t foo", parseStickRule, "'stick': unknown keyword 'foo'."],
  [
    "stick on src if foo",
    parseStickRule,
    "'stick': error detected while parsing sticking condition : no such ACL : 'foo'.",
  ],
  ["use_backend", parseUseBackend, "'use_backend' expects a backend name."],
  [
    "use_backend b when TRUE",
    parseUseBackend,
    "unexpected keyword 'when' after switching rule, only 'if' and 'unless' are allowed.",
  ],
  ["use-server", parseUseServer, "'use-server' expects a server name."],
  ["use-server s1", parseUseServer, "'use-server' requires either 'if' or 'unless' followed by a condition."],
  ["force-persist", parsePersistRule, "'force-persist' requires either 'if' or 'unless' followed by a condition."],
])("%s: refused, and no name is left behind", (source, parse, message) => {
  const scope = scopeOf("backend");
  expect(() => parse(line(source), scope)).toThrow(message);
  expect(scope.references).toEqual([]);
});
