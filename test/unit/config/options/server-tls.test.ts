/** Options of `server` lines about TLS: what they are told where a word is wrong, and that none of them goes unnoticed. */
import { expect, test } from "bun:test";
import { serverTlsRows } from "../../../../src/config/options/server-tls.ts";
import { authority, client, revocations } from "../pem-files.ts";
import { planOf, saidOf } from "../reading.ts";

const files = { "/ca": authority, "/crl": revocations, "/pem": client };

const back = (options: string): string => `backend b\n server s 127.0.0.1:6 ${options}\n`;
const said = (options: string): string => saidOf(back(options)).join("\n");

test.each([
  ["verify", "'verify' : missing verify method."],
  ["verify maybe", "'verify' : unknown verify method 'maybe', only 'none' and 'required' are supported."],
  ["ca-file", "'ca-file' : missing CAfile path."],
  ["crl-file", "'crl-file' : missing CRLfile path."],
  ["crt", "'crt' : missing certificate file path."],
  ["verifyhost", "'verifyhost' : missing hostname to verify against."],
  ["sni", "'sni' : missing sni expression."],
  ["check-sni", "'check-sni' : missing SNI."],
  ["alpn", "'alpn' : missing the comma-delimited ALPN protocol suite."],
  ["check-alpn", "'check-alpn' : missing the comma-delimited ALPN protocol suite."],
  ["npn", "'npn' : missing the comma-delimited NPN protocol suite."],
  ["ciphers", "'ciphers' : missing cipher suite."],
  ["ciphersuites", "'ciphersuites' : missing cipher suite."],
  ["ssl-min-ver", "'ssl-min-ver' : missing the ssl/tls version."],
  ["ssl-max-ver TLSv2", "'TLSv2' : unknown ssl/tls version."],
])("%s", (options, message) => expect(said(options)).toContain(`'server b/s' : ${message}`));

/** A value for each option that takes one. */
const values: Readonly<Record<string, string>> = {
  verify: "none",
  sni: "str(a)",
  "ca-file": "/ca",
  "crl-file": "/crl",
  crt: "/pem",
  ciphers: "HIGH",
  ciphersuites: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
  curves: "X25519",
  sigalgs: "ECDSA+SHA256",
  "ssl-min-ver": "TLSv1.2",
  "ssl-max-ver": "TLSv1.2",
};

const withValue = (name: string, usage: string): string => (usage === "" ? name : `${name} ${values[name] ?? "x"}`);

test("alone each is noted as idle, with its value", () => {
  for (const { name, usage } of serverTlsRows.filter((row) => !["ssl", "check-ssl"].includes(row.name))) {
    const { backends, global } = planOf(back(`${withValue(name, usage)} weight 7`), files);
    expect(backends[0]?.servers[0]).toMatchObject({ weight: 7, tls: null, usesTls: false });
    expect(global.withoutEffect).toEqual([
      { keyword: name, reason: "it means something only beside `ssl`", position: { file: "case.cfg", line: 6 } },
    ]);
  }
});

test("those that are refused are so where TLS is spoken, by name", () => {
  const refused = serverTlsRows.filter((row) => row.class === "refused");
  expect(refused.map((row) => row.name)).toEqual(["allow-0rtt", "npn", "ech", "client-sigalgs"]);
  for (const { name, usage } of refused) {
    const text = `alert: [case.cfg:6] : 'server b/s' : '${name}' is not supported`;
    expect(saidOf(back(`ssl verify none ${withValue(name, usage)}`))).toEqual([text]);
  }
});

function idle(text: string): readonly string[] {
  return planOf(text, files).global.withoutEffect.map(({ keyword }) => keyword);
}

/** Those that have another reason to do nothing where TLS is spoken. */
const elsewhere = new Set("no-ssl force-sslv3 ca-file crl-file verifyhost ciphersuites".split(" "));

test("where TLS is spoken each that is taken does something", () => {
  const taken = serverTlsRows.filter((row) => row.class === "works" && !elsewhere.has(row.name));
  expect(taken.length).toBeGreaterThan(25);
  for (const { name, usage } of taken) {
    expect(`${name}: ${idle(back(`ssl verify none ${withValue(name, usage)}`)).join()}`).toBe(`${name}: `);
  }
});

test.each([
  ["ssl verify none ca-file /ca crl-file /crl verifyhost a", ["ca-file", "crl-file", "verifyhost"]],
  ["ssl ca-file /ca crl-file /crl verifyhost a", []],
  [`ssl verify none ciphersuites ${values.ciphersuites}`, ["ciphersuites"]],
  ["ssl verify none ciphersuites TLS_AES_128_GCM_SHA256 ssl-max-ver TLSv1.2", ["ciphersuites"]],
])("%s", (words, keywords) => expect(idle(back(words))).toEqual(keywords));

test("suites that are all offered are noted of `global`, too", () => {
  const [name, list] = ["ssl-default-server-ciphersuites", values.ciphersuites ?? ""];
  expect(idle(`global\n ${name} ${list}\n`)).toEqual([name]);
  expect(idle(`global\n ${name} TLS_AES_128_GCM_SHA256\n`)).toEqual([]);
});

test("a word of default-server is idle once, and not where a server of any section speaks TLS", () => {
  const line = " default-server verify none\n";
  const two = " server s 127.0.0.1:1\n server t 127.0.0.1:2\n";
  expect(idle(`backend b\n${line}${two}`)).toEqual(["verify"]);
  expect(idle(`backend b\n${line}${two} server u 127.0.0.1:3 ssl\n`)).toEqual([]);
  const file = " default-server ca-file /ca ssl\n";
  expect(idle(`backend b\n${file} server s 127.0.0.1:1 verify none\n`)).toEqual(["ca-file"]);
  expect(idle(`backend b\n${file} server s 127.0.0.1:1 verify none\n server t 127.0.0.1:2\n`)).toEqual([]);
});

test("versions are not left out by default-server, as HAProxy says of each", () => {
  const text = "backend b\n default-server ssl verify none no-tlsv12 no-tlsv13 weight 7\n server s 127.0.0.1:1\n";
  expect(saidOf(text)).toEqual([
    "warning: [case.cfg:6] : 'no-tlsv12' option is not accepted in default-server sections",
    "warning: [case.cfg:6] : 'no-tlsv13' option is not accepted in default-server sections",
  ]);
  const { tls, weight } = planOf(text).backends[0]?.servers[0] ?? {};
  expect([tls?.minVersion, tls?.maxVersion, weight]).toEqual(["TLSv1.2", "TLSv1.3", 7]);
});
