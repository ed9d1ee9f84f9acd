/** How TLS is spoken with servers and by their checks, put together from a line, its `default-server` and `global`. */
import { expect, test } from "bun:test";
import type { ServerPlan } from "../../../../../src/plan/server.ts";
import { authority, client, revocations } from "../../pem-files.ts";
import { planOf } from "../../reading.ts";

const files = { "/ca": authority, "/crl": revocations, "/pem": client };

function serverOf(options: string, before = "", global = ""): ServerPlan {
  const text = `${global}backend b\n${before} server s 127.0.0.1:6 ${options}\n`;
  return planOf(text, files).backends[0]?.servers.at(-1) as ServerPlan;
}

const plain = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
  curves: null,
  sigalgs: null,
  alpn: [],
  certificate: null,
  verify: "none",
  authorities: null,
  revocations: null,
  verifyHost: null,
  sni: null,
  tickets: true,
  reuse: true,
  checks: { sni: null, alpn: [] },
} as const;

test("a server of TLS that says nothing more", () => {
  expect(serverOf("ssl verify none")).toMatchObject({ tls: plain, usesTls: true });
  expect(serverOf("")).toMatchObject({ tls: null, usesTls: false });
});

test.each([
  ["ca-file /ca", { verify: "required", authorities: "/ca" }],
  ["verify required ca-file /ca crl-file /crl", { verify: "required", authorities: "/ca", revocations: "/crl" }],
  ["verify none crt /pem", { certificate: "/pem" }],
  ["verify none verifyhost A.Example", { verifyHost: "a.example" }],
  ["verify none sni str(a)", { sni: { fetch: "str", text: "str(a)" } }],
  ["verify none sni req.hdr(host),field(1,:) weight 3", { sni: { text: "req.hdr(host),field(1,:)" } }],
  ["verify none alpn h2,x", { alpn: ["h2", "x"] }],
  [
    "verify none ciphers HIGH curves X25519 sigalgs ECDSA+SHA256",
    { ciphers: "HIGH", curves: "X25519", sigalgs: "ECDSA+SHA256" },
  ],
  ["verify none no-tls-tickets no-ssl-reuse", { tickets: false, reuse: false }],
  ["verify none check-sni a check-alpn b", { checks: { sni: "a", alpn: ["b"] } }],
  ["verify none ssl-min-ver TLSv1.0", { minVersion: "TLSv1", maxVersion: "TLSv1.3" }],
  ["verify none ssl-max-ver TLSv1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }],
  ["verify none ssl-max-ver TLSv1.2", { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }],
  ["verify none no-tlsv13", { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }],
  ["verify none no-tlsv12", { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" }],
  ["verify none force-tlsv11", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }],
])("ssl %s", (options, fields) => expect(serverOf(`ssl ${options}`).tls).toMatchObject(fields as never));

test("in mode http HTTP/1 is what is offered", () => {
  expect(serverOf("ssl verify none alpn h2,http/1.1", " mode http\n").tls).toMatchObject({ alpn: ["http/1.1"] });
});

test.each([
  ["default-server ssl verify none", "", { tls: plain, usesTls: true }],
  ["default-server ssl verify none", "no-ssl", { tls: plain, usesTls: false }],
  ["default-server ssl verify none", "no-ssl check", { check: { tls: null } }],
  ["default-server no-ssl", "ssl verify none", { usesTls: true }],
  ["default-server verify none no-tls-tickets", "ssl tls-tickets", { tls: plain }],
  ["default-server verify none sni str(a)", "ssl", { tls: { sni: { text: "str(a)" } } }],
  ["default-server check-ssl verify none", "", { tls: plain, usesTls: false, check: null }],
])("%s, server %s", (line, options, fields) => {
  expect(serverOf(options, ` ${line}\n`)).toMatchObject(fields as never);
});

test("a line's own words stay its own", () => {
  const lines =
    " default-server ssl verify none ssl-min-ver TLSv1.3\n server a 127.0.0.1:1 no-tlsv13 no-tlsv11 ssl-min-ver TLSv1.2\n";
  expect(serverOf("", lines).tls).toMatchObject({ minVersion: "TLSv1.3", maxVersion: "TLSv1.3" });
});

test.each([
  ["ssl-server-verify none", "ssl", { verify: "none" }],
  ["ssl-server-verify none", "ssl ca-file /ca verify required", { verify: "required" }],
  ["ssl-default-server-ciphers HIGH", "ssl verify none", { ciphers: "HIGH" }],
  ["ssl-default-server-ciphers HIGH", "ssl verify none ciphers AES128-SHA", { ciphers: "AES128-SHA" }],
  ["ssl-default-server-options ssl-min-ver TLSv1.3", "ssl verify none", { minVersion: "TLSv1.3" }],
  ["ssl-default-server-options no-tls-tickets no-tlsv13", "ssl verify none", { tickets: false, maxVersion: "TLSv1.2" }],
  [
    "ssl-default-server-options force-tlsv12",
    "ssl verify none ssl-max-ver TLSv1.3",
    { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" },
  ],
])("%s, %s", (line, options, fields) => {
  expect(serverOf(options, "", `global\n ${line}\n`).tls).toMatchObject(fields as never);
});

test.each([
  ["ssl check", { sni: null, alpn: [] }],
  ["ssl check check-sni a check-alpn b", { sni: "a", alpn: ["b"] }],
  ["ssl check port 7", null],
  ["ssl check addr 127.0.0.2", null],
  ["ssl check port 7 check-ssl", { sni: null, alpn: [] }],
  ["ssl check no-check-ssl", null],
  ["check check-ssl", { sni: null, alpn: [] }],
  ["check check-sni a", null],
])("checks of %s", (options, tls) => expect(serverOf(`${options} verify none`).check?.tls).toEqual(tls as never));

test("a step of a check that speaks TLS makes every server of its backend ready for it", () => {
  const step = " option tcp-check\n tcp-check connect ssl\n";
  expect(serverOf("verify none check-sni a", step)).toMatchObject({ usesTls: false, tls: { checks: { sni: "a" } } });
});

test("a section that is disabled needs nothing", () => {
  expect(serverOf("ssl", " disabled\n")).toMatchObject({ tls: null });
});
