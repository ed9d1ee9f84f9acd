/** What `-c` says of regular expressions wherever they may stand. */
import { describe, expect, test } from "bun:test";
import { regexComplaint } from "../../../../src/config/expressions/regex-notices.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { readConfiguration } from "../../../../src/config/text/read.ts";
import { machineContext, plan } from "../../../../src/config/finish/plan.ts";
import { compileRegex } from "../../../../src/regex/compile.ts";

const files: Readonly<Record<string, string>> = {
  "/acl.reg": "abc\n(?<n>.*)\\k<n>$\n\n# no pattern (\n(?=(a+)+b)c\n",
  "/fine.map": "# key ( value\n^(a+)+$ 1\nb 2\n",
  "/dear.map": "x 1\n(a+)+\\1 2\n",
  "/bad.map": "a 1\n\n  (b 2\n",
};

/** Level and text of all that is said of a backend with such lines. */
const nothing = (): { kind: "none"; reason: string } => ({ kind: "none", reason: "No such file or directory" });

function said(...lines: readonly string[]): (readonly [string, string])[] {
  const head = ["mode tcp", "timeout connect 1s", "timeout server 1s", "server s 127.0.0.1:1"];
  const text = `backend b\n${[...head, ...lines].map((line) => ` ${line}\n`).join("")}`;
  const diagnostics = new Diagnostics();
  const environment = new Map<string, string>();
  const sections = readConfiguration([{ name: "f.cfg", text }], environment, diagnostics);
  plan(
    sections,
    diagnostics,
    machineContext(environment, { readFile: (path) => files[path] ?? null, find: nothing }, "peer"),
  );
  return diagnostics.all.map((one) => [one.level, one.text] as const);
}

const slow = (pattern: string, reason: string, where = ""): readonly [string, string] => [
  "notice",
  `parsing [f.cfg:6] : regex '${pattern}'${where} may take very long on some texts: ${reason} cannot be had in time that grows as the text does.`,
];

describe("a notice, and no warning, for what may take very long", () => {
  test.each([
    ["acl a req.ssl_sni -m reg ok (?<n>a+)+\\\\k<n>", slow("(?<n>a+)+\\k<n>", "references to groups")],
    [
      "acl a req.ssl_sni -m reg -f /acl.reg",
      slow("(?<n>.*)\\k<n>$", "references to groups", " of file '/acl.reg' (and 1 more)"),
    ],
    ["tcp-request content reject if { req.ssl_sni -m reg (a+)+(?!b) }", slow("(a+)+(?!b)", "look-ahead")],
    [
      "tcp-request content set-var(sess.a) \"req.ssl_sni,regsub('(a+)+\\\\1',b)\"",
      slow("(a+)+\\1", "references to groups"),
    ],
    [
      "tcp-request content set-var(sess.a) req.ssl_sni,map_regm(/dear.map)",
      slow("(a+)+\\1", "references to groups", " of file '/dear.map'"),
    ],
    ["tcp-check expect rstring (a+)+(?<=b)", slow("(a+)+(?<=b)", "look-behind")],
    ["http-check expect hdr name -m reg (?>a+)+b value x", slow("(?>a+)+b", "atomic groups")],
  ])("%s", (line, notice) => expect(said(line).filter(([level]) => level === "notice")).toEqual([notice]));
});

test.each([
  "acl a req.ssl_sni -m reg ^(\\\\w+\\\\s?)*$ a*b \\\\s*\\\\s*$",
  "tcp-request content set-var(sess.a) req.ssl_sni,map_reg(/fine.map)",
  "tcp-request content set-var(sess.a) \"req.ssl_sni,regsub('(.*)(.*)x',b,g)\"",
  "tcp-check expect rstring SSH-2.0-OpenSSH.*",
])("not a word of %s", (line) => expect(said(line).filter(([level]) => level !== "warning")).toEqual([]));

/** As HAProxy 2.6, which looks for groups only where they are asked for. */
test.each([
  [
    "acl a req.ssl_sni -m reg (a)\\\\1",
    "regex '(a)\\1' is invalid (error=reference to non-existent subpattern, erroffset=4)",
  ],
  ["tcp-check expect rstring (", "regex '(' is invalid (error=missing closing parenthesis, erroffset=1)."],
  [
    "tcp-request content set-var(sess.a) req.ssl_sni,map_reg(/bad.map)",
    "regex '(b' is invalid (error=missing closing parenthesis, erroffset=2) at line 3 of file '/bad.map'",
  ],
])("an alert for %s", (line, text) => {
  const alerts = said(line).filter(([level]) => level === "alert");
  expect(alerts.map(([, one]) => one.includes(text))).toEqual([true]);
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
