/** TLS of a check's steps. */
import { expect, test } from "bun:test";
import type { CheckTlsPlan } from "../../../../src/plan/tls.ts";
import { planOf, saidOf } from "../reading.ts";

const back = (line: string): string =>
  `backend b\n option ${line.startsWith("http") ? "httpchk" : "tcp-check"}\n ${line}\n server s 127.0.0.1:6 check verify none\n`;

function stepOf(line: string): { readonly default: boolean; readonly tls: CheckTlsPlan | null } | undefined {
  const check = planOf(back(line)).backends[0]?.check;
  const steps = check?.kind === "tcp" || check?.kind === "http" ? check.steps : [];
  return steps.find((step) => step.kind === "connect");
}

test.each([
  ["tcp-check connect", null],
  ["tcp-check connect ssl", { sni: null, alpn: [] }],
  ["tcp-check connect ssl sni a.example alpn h2,http/1.1", { sni: "a.example", alpn: ["h2", "http/1.1"] }],
  ["http-check connect alpn http/1.1 ssl", { sni: null, alpn: ["http/1.1"] }],
  ["http-check connect ssl alpn h2,http/1.1", { sni: null, alpn: ["http/1.1"] }],
] as const)("%s", (line, tls) => expect(stepOf(line)?.tls).toEqual(tls as never));

test("with `default`, too", () => {
  expect(stepOf("tcp-check connect default ssl sni a")).toMatchObject({ default: true, tls: { sni: "a", alpn: [] } });
});

test.each([
  ["tcp-check connect ssl sni", "'sni' expects a string as argument.."],
  ["tcp-check connect ssl alpn", "'alpn' : missing the comma-delimited ALPN protocol suite."],
  ["http-check connect ssl alpn h2", "'alpn h2' is not supported"],
])("%s", (line, message) => {
  const [family] = line.split(" ");
  expect(saidOf(back(line))).toContain(`alert: parsing [case.cfg:7] : '${family} connect' : ${message}`);
});

test("that HTTP/2 is left out is said", () => {
  expect(saidOf(back("http-check connect ssl alpn h2,http/1.1"))).toEqual([
    "notice: parsing [case.cfg:7] : 'alpn' offers http/1.1 alone: HTTP/1.1 is what is spoken.",
  ]);
});

test("without `ssl` its details are noted as idle", () => {
  const { withoutEffect } = planOf(back("tcp-check connect sni a alpn b")).global;
  expect(withoutEffect.map(({ keyword }) => keyword)).toEqual(["sni", "alpn", "verify"]);
});

test("a server that a step speaks TLS with needs what verifies it", () => {
  const text = "backend b\n option tcp-check\n tcp-check connect ssl\n server s 127.0.0.1:6 check\n";
  expect(saidOf(text).join("\n")).toContain("'server b/s' : verify is enabled by default but no CA file specified.");
});
