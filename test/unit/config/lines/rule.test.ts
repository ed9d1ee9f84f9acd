/** Rules, ACLs, expressions and formats as data: what the parsers make of good lines. */
import { describe, expect, test } from "bun:test";
import { parseAcl } from "../../../../src/config/lines/acl.ts";
import { Complaint } from "../../../../src/config/text/complaint.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { parseExpression } from "../../../../src/config/expressions/expression.ts";
import { Hosts } from "../../../../src/config/draft/hosts.ts";
import { lexLine } from "../../../../src/config/text/lexer.ts";
import { ownLogFormat, parseLogFormat, tcpClfLogFormat } from "../../../../src/config/expressions/log-format.ts";
import { tcpLogFormat } from "../../../../src/rules/format/log-alias.ts";
import { NamedAcls } from "../../../../src/config/draft/named-acls.ts";
import { PatternLists } from "../../../../src/config/draft/pattern-lists.ts";
import { regexComplaint } from "../../../../src/config/expressions/regex-notices.ts";
import { compileRegex } from "../../../../src/regex/compile.ts";
import { parseTcpRule } from "../../../../src/config/lines/rule.ts";
import type { ProxyScope } from "../../../../src/config/draft/proxy-scope.ts";
import type { Statement } from "../../../../src/config/text/statement.ts";
import { parseStickRule, parseUseBackend } from "../../../../src/config/lines/stick.ts";
import { readText } from "../../../cases/case.ts";

function scopeOf(kind: ProxyScope["kind"], files: Record<string, string> = {}): ProxyScope {
  const name = kind === "global" ? "" : "p";
  const readFile = (path: string): string | null => files[path] ?? null;
  const diagnostics = new Diagnostics();
  const acls = new NamedAcls(null);
  const patternLists = new PatternLists();
  const hosts = new Hosts(readFile);
  return { kind, name, acls, references: [], patternLists, hosts, diagnostics, stickCounters: 3, readFile };
}

function line(source: string): Statement {
  const lexed = lexLine(source, { file: "a.cfg", line: 3, section: "p" }, new Map());
  if (!lexed.ok) throw new Error(`not a line: ${source}`);
  return { file: "a.cfg", line: 3, source, words: lexed.words };
}

const src = { fetch: "src", arguments: [], converters: [], text: "src" };
const position = { file: "a.cfg", line: 3 };

const parseSample = (text: string, scope = scopeOf("backend")): unknown =>
  parseExpression({ statement: line(text), index: 0 }, scope, { site: null, where: null });

const aclTests = (source: string, files: Record<string, string> = {}): unknown => {
  const scope = scopeOf("frontend", files);
  parseAcl(line(source), scope);
  return scope.acls.get("a");
};

const rule = (source: string, kind: ProxyScope["kind"] = "frontend"): unknown =>
  parseTcpRule(line(source), scopeOf(kind));

const testPlan = (text: string, match: string, patterns: string[]): object => ({
  expression: { fetch: text, arguments: [], converters: [], text },
  match,
  ignoreCase: false,
  patterns,
  files: [],
  own: {
    id: -1,
    file: null,
    isAcl: true,
    isMap: false,
    description: `acl '${text}' file 'a.cfg' line 3`,
    uses: [{ match, ignoreCase: false, output: null }],
    entries: patterns.map((key) => ({ key, value: null, compared: [key] })),
  },
});

const parseText = (text: string): unknown => {
  const words = [{ text, column: 1, length: 1, quoted: true }];
  const statement = { file: "a.cfg", line: 3, source: text, words };
  return parseLogFormat({ statement, index: 0 }, scopeOf("frontend"), "logs", "log-format");
};

describe("expressions", () => {
  test("converters may stand as words of their own", () => {
    expect(parseSample("src ipmask(24) lower,length if")).toEqual({
      fetch: "src",
      arguments: [],
      converters: [
        { name: "ipmask", arguments: ["24"] },
        { name: "lower", arguments: [] },
        { name: "length", arguments: [] },
      ],
      text: "src ipmask(24) lower,length",
    });
  });

  test("names left out become the proxy's own and are noted", () => {
    const scope = scopeOf("backend");
    expect(parseSample("src_conn_cnt", scope)).toMatchObject({ arguments: ["p"] });
    expect(parseSample("nbsrv(other)", scope)).toMatchObject({ arguments: ["other"] });
    expect(parseSample("srv_is_up(s1)", scope)).toMatchObject({ arguments: ["p/s1"] });
    expect(parseSample("sc0_conn_rate", scope)).toMatchObject({ arguments: [] });
    expect(scope.references.map(({ kind, name }) => [kind, name])).toEqual([
      ["table", null],
      ["backend", "other"],
      ["server", "s1"],
    ]);
  });

  test("numbers, variables and map files are values", () => {
    const scope = scopeOf("backend", { "/m": "# c\n a 1 \n\nb 2\n" });
    expect(parseSample("int(-5),add(sess.x),mul(3)", scope)).toMatchObject({
      arguments: [-5],
      converters: [{ arguments: ["sess.x"] }, { arguments: [3] }],
    });
    expect(parseSample("src,map_beg(/m,none)", scope)).toMatchObject({
      converters: [{ arguments: [{ file: "/m", lines: ["a 1", "b 2"] }, "none"] }],
    });
  });

  test.each(["ssl_fc", "req.hdr(host)", "str(a),jwt_verify(a,b)", "path"])("refused by name: %s", (text) => {
    expect(() => parseSample(text)).toThrow("is not supported");
  });

  test("the nearest name is advised", () => {
    let caught: unknown = null;
    try {
      parseSample("src_prot");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(Complaint);
    const { advice, word } = caught as Complaint;
    expect([advice, word?.text, word?.column]).toEqual(["Did you mean 'src_port'?", "src_prot", 1]);
  });
});

describe("acl", () => {
  test("lines, files and flags", () => {
    const hosts = { "/f": "10.0.0.0/8\n# no\n\n ::1\n", "/etc/hosts": "127.0.0.9 gate # x\n" };
    expect(aclTests("acl a src -i -f /f 10.1/16 gate", hosts)).toEqual([
      {
        expression: src,
        match: "ip",
        ignoreCase: true,
        patterns: ["10.0.0.0/8", "::1", "10.1.0.0/16", "127.0.0.9"],
        files: ["/f"],
        own: {
          id: -1,
          file: null,
          isAcl: true,
          isMap: false,
          description: "acl 'src' file 'a.cfg' line 3",
          uses: [{ match: "ip", ignoreCase: true, output: null }],
          entries: [
            { key: "10.1/16", value: null, compared: ["10.1.0.0/16"] },
            { key: "gate", value: null, compared: ["127.0.0.9"] },
          ],
        },
      },
    ]);
  });

  test("an operator counts for all numbers after it", () => {
    expect(aclTests("acl a req.len 1:5 gt 3 lt 9 7 eq 4")).toMatchObject([
      { match: "int", patterns: ["1:5", "gt 3", "lt 9", "lt 7", "4"] },
    ]);
  });

  test("payload is req.payload, compared as bytes", () => {
    expect(aclTests("acl a payload(0,7) -m bin 5353482d322e30")).toMatchObject([
      { expression: { fetch: "req.payload", arguments: [0, 7] }, match: "bin", patterns: ["5353482d322e30"] },
    ]);
  });
});

describe("rules", () => {
  test("a condition is alternatives of terms", () => {
    const scope = scopeOf("frontend");
    parseAcl(line("acl a src 10.0.0.0/8"), scope);
    const parsed = parseTcpRule(line("tcp-request connection reject unless a !{ src_port 5 } or TRUE"), scope);
    parseAcl(line("acl a src 11.0.0.0/8"), scope);
    const both = [testPlan("src", "ip", ["10.0.0.0/8"]), testPlan("src", "ip", ["11.0.0.0/8"])];
    expect(parsed).toEqual({
      kind: "connection",
      rule: {
        position,
        action: { kind: "reject" },
        condition: {
          unless: true,
          any: [
            [
              { negate: false, acl: { name: "a", tests: both as never } },
              { negate: true, acl: { name: null, tests: [testPlan("src_port", "int", ["5"])] as never } },
            ],
            [{ negate: false, acl: { name: "TRUE", tests: [testPlan("always_true", "bool", [])] as never } }],
          ],
        },
      },
    });
  });

  test.each([
    ["tcp-request content accept", { kind: "accept" }],
    ["tcp-request session silent-drop", { kind: "silent-drop" }],
    ["tcp-request connection expect-proxy layer4", { kind: "expect-proxy" }],
    ["tcp-request content track-sc2 src table t", { kind: "track-sc", slot: 2, key: src, table: "t" }],
    ["tcp-request content sc-inc-gpc(3,1)", { kind: "sc-inc-gpc", index: 3, slot: 1 }],
    ["tcp-request content sc-inc-gpc1(2)", { kind: "sc-inc-gpc", index: 1, slot: 2 }],
    ["tcp-request content sc-add-gpc(1,2) 5", { kind: "sc-add-gpc", index: 1, slot: 2, value: 5 }],
    ["tcp-request content sc-set-gpt0(1) src", { kind: "sc-set-gpt", index: 0, slot: 1, value: src }],
    [
      "tcp-request content set-var(sess.x,ifempty) src",
      { kind: "set-var", name: "sess.x", value: src, conditions: ["ifempty"] },
    ],
    ["tcp-request content unset-var(sess.x)", { kind: "unset-var", name: "sess.x" }],
    ["tcp-request content set-src src", { kind: "set-src", value: src }],
    ["tcp-request content set-mark 0x10", { kind: "set-mark", value: 16 }],
    ["tcp-request content set-tos 010", { kind: "set-tos", value: 8 }],
    ["tcp-request content set-log-level silent", { kind: "set-log-level", level: null }],
    ["tcp-request content set-log-level err", { kind: "set-log-level", level: 3 }],
  ])("%s", (source, action) => {
    expect(rule(source)).toMatchObject({ rule: { position, action, condition: null } });
  });

  test("delays", () => {
    expect(rule("tcp-request inspect-delay 5s")).toEqual({ kind: "inspect-delay", delayMs: 5000 });
    expect(rule("tcp-response inspect-delay 10", "backend")).toEqual({ kind: "response-inspect-delay", delayMs: 10 });
  });

  test.each(["capture src len 5", "switch-mode http", "use-service x", "set-nice 3", "do-resolve(txn.x,r) src"])(
    "refused by name: %s",
    (action) => {
      expect(() => rule(`tcp-request content ${action}`)).toThrow("is not supported");
    },
  );

  test("Citrix's address header is refused by name", () =>
    expect(() => rule("tcp-request connection expect-netscaler-cip layer4")).toThrow("is not supported"));

  test("predefined ACLs of HTTP", () => {
    expect(() => rule("tcp-request content reject if HTTP_CONTENT")).toThrow("is not supported");
    const acl = { name: "METH_GET", tests: [testPlan("method", "str", ["GET", "HEAD"])] };
    expect(rule("tcp-request content reject if METH_GET")).toMatchObject({
      rule: { condition: { any: [[{ negate: false, acl }]] } },
    });
  });

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

  test("a line that fails leaves no names behind", () => {
    const scope = scopeOf("frontend");
    expect(() => parseTcpRule(line("tcp-request content track-sc0 src table t foo"), scope)).toThrow(Complaint);
    expect(scope.references).toEqual([]);
  });
});

describe("log formats", () => {
  const off = { quote: false, hex: false, escape: false };
  test("text, aliases, samples, flags and names", () => {
    expect(parseText("%{+Q}o %{+X}o a  %% %(who)ci%{-Q,+E}[src,lower]")).toEqual({
      text: "%{+Q}o %{+X}o a  %% %(who)ci%{-Q,+E}[src,lower]",
      encoding: "text",
      parts: [
        { kind: "text", text: "a % ", flags: off, name: null },
        { kind: "alias", alias: "ci", name: "who", flags: { quote: true, hex: true, escape: false } },
        {
          kind: "sample",
          name: null,
          flags: { quote: false, hex: true, escape: true },
          expression: { ...src, converters: [{ name: "lower", arguments: [] }], text: "src,lower" },
        },
      ],
    });
  });

  test("JSON is chosen by a flag of o", () => {
    expect(parseText("%{+json}o %(a)ci %(b)[src]")).toMatchObject({ encoding: "json" });
  });

  test("the built-in formats parse", () => {
    expect(ownLogFormat(tcpLogFormat, scopeOf("frontend")).parts).toHaveLength(35);
    expect(ownLogFormat(tcpClfLogFormat, scopeOf("frontend")).encoding).toBe("text");
  });
});

test.each([
  ["[[:alpha:]]+", null],
  ["(?i)a\\A\\Qx(\\E", null],
  ["[]a]", null],
  ["a{2}+", null],
  ["(?>a)", null],
  ["a(", "regex 'a(' is invalid (error=missing closing parenthesis, erroffset=2)"],
])("the checker takes what the matcher can compile: %j", (pattern, complaint) => {
  expect(regexComplaint(pattern, {})).toBe(complaint);
  if (complaint === null) expect(typeof compileRegex(pattern).test("")).toBe("boolean");
});

/** Measured on HAProxy 2.6. */
test.each([
  ["map_int", "a 1", "'a' is not a number"],
  ["map_int", "9:5 4", "'9:5' is not a valid number range"],
  ["map_int", "5:9 4", null],
  ["map_str_int", "5 x", "unable to parse 'x'"],
  ["map_str_ip", "::1 3", "unable to parse '3'"],
  ["map_str_ip", "a 1.2.3.0/24", null],
  ["map_ip", "a 1.2.3.4", "'a' is not a valid IPv4 or IPv6 address"],
  ["map_ip", "10/8 ::1", "'10/8' is not a valid IPv4 or IPv6 address"],
  ["map_ip_int", "a x", "unable to parse 'x'"],
  ["map_beg", "( x", null],
] as const)("a map's file is looked through when it is read: %s of '%s'", (converter, line, wrong) => {
  const config = `defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend f\n bind :1\n tcp-request content set-var(txn.a) src,${converter}(x.map)\n default_backend b\nbackend b\n server s 127.0.0.1:9\n`;
  const { plan, diagnostics } = readText(config, { "x.map": `# c\n${line}\n` });
  expect(plan !== null).toBe(wrong === null);
  const text = JSON.stringify(diagnostics.all);
  if (wrong !== null)
    expect(text).toContain(`invalid args in converter '${converter}' : ${wrong} at line 2 of file 'x.map'`);
});
