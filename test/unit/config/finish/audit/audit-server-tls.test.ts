/** What is said about the TLS of servers. */
import { expect, test } from "bun:test";
import { authority, certificate, client } from "../../pem-files.ts";
import { saidOf } from "../../reading.ts";

function said(options: string, { before = "", global = "" } = {}): readonly string[] {
  const files = { "/ca": authority, "/pem": client, "/alone": certificate, own: client };
  return saidOf(`${global}backend b\n${before} server s 127.0.0.1:6 ${options}\n`, files).map((text) =>
    text.replace(/\[case\.cfg:\d+\] : 'server b\/s' : /, ""),
  );
}

const byDefault =
  "alert: verify is enabled by default but no CA file specified. If you're running on a LAN where you're certain to trust the server's certificate, please set an explicit 'verify none' statement on the 'server' line, or use 'ssl-server-verify none' in the global section to disable server-side verifications by default.";

test.each([
  ["ssl", [byDefault]],
  ["ssl verify required", [byDefault]],
  ["check-ssl", [byDefault]],
  ["ssl no-ssl", []],
  ["verify required", []],
  ["ssl verify none", []],
  ["ssl ca-file /ca", []],
  ["ssl verify none no-tlsv12", [hole("TLSv1.2")]],
  ["ssl verify none force-tlsv12 no-tlsv12", [ignored()]],
  ["ssl verify none no-sslv3 ssl-min-ver TLSv1.1", [ignored()]],
  ["ssl verify none ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2", [none()]],
  ["ssl verify none ssl-max-ver SSLv3", [none()]],
  ["ssl verify none force-sslv3", [none()]],
  ["ssl verify none no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13", [none()]],
  ["ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2", []],
  ["ssl verify none alpn h2", []],
])("%s", (options, expected) => expect(said(options)).toEqual(expected));

function hole(version: string): string {
  return `warning: backend 'b': SSL/TLS versions range not contiguous for server 's'. Hole find for ${version}. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.`;
}

function ignored(): string {
  return "warning: no-sslv3/no-tlsv1x are ignored for this server. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.";
}

function none(): string {
  return "alert: backend 'b': all SSL/TLS versions are disabled for server 's'.";
}

test("lists of ciphers and their like", () => {
  const own = (words: string): string => said(`ssl verify none ${words}`).join();
  expect(
    own("ciphers HIGH ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
  ).toBe("");
  expect(own("ciphers FOO")).toBe("alert: unable to set SSL cipher list to 'FOO'.");
  expect(own("ciphersuites FOO")).toBe("alert: unable to set TLS 1.3 cipher suites to 'FOO'.");
  expect(own("ciphersuites TLS_AES_128_GCM_SHA256")).toContain("alert: 'ciphersuites' without TLS_AES_256_GCM_SHA384");
  expect(own("ciphersuites TLS_AES_128_GCM_SHA256 ssl-max-ver TLSv1.2")).toBe("");
  expect(own("ciphers HIGH:@SECLEVEL=1")).toContain("is not supported");
  expect(own("curves FOO")).toBe("alert: unable to set SSL curves list to 'FOO'.");
  expect(own("sigalgs FOO")).toBe("alert: unable to set SSL Signature Algorithm list to 'FOO'.");
  for (const end of ["ciphers", "ciphersuites", "curves", "sigalgs"]) {
    expect(said("ssl verify none", { global: forAll(end) }).join()).toContain("unable to set");
    expect(said("verify none", { global: forAll(end) })).toEqual([]);
  }
  expect(said("ssl verify none ciphers HIGH", { global: forAll("ciphers") })).toEqual([]);
});

function forAll(end: string): string {
  return `global\n ssl-default-server-${end} FOO\n`;
}

test("files of authorities and revocations are read where they are named, whether TLS is spoken or not", () => {
  for (const name of ["ca-file", "crl-file"]) {
    expect(said(`${name} /no/file`)).toEqual([
      "alert: Couldn't open the ca-file '/no/file' (No such file or directory).",
      `alert: '${name}' : unable to load /no/file.`,
    ]);
  }
  expect(said("ca-file a", { global: "global\n ca-base /b\n" })[1]).toBe("alert: 'ca-file' : unable to load /b/a.");
});

test("certificates are read where TLS is spoken, by the names that crt-base makes of them", () => {
  expect(said("crt /none")).toEqual([]);
  expect(said("ssl no-ssl crt /none")).toEqual([]);
  expect(said("ssl verify none crt /none")).toEqual([gone("/none")]);
  expect(said("check-ssl verify none crt none")).toEqual([gone("none")]);
  expect(said("no-ssl", { before: " default-server ssl verify none crt /none\n" })).toEqual([gone("/none")]);
  expect(said("ssl verify none crt /alone")).toEqual(["alert: No Private Key found in '/alone.key'."]);
  expect(said("ssl verify none crt /pem")).toEqual([]);
  expect(said("ssl verify none crt a", { global: "global\n crt-base /b\n" })).toEqual([gone("/b/a")]);
});

test("they are found from the working directory, whatever default-path says", () => {
  const global = "global\n default-path origin /tmp\n";
  expect(said("ssl verify none crt own", { global })).toEqual([]);
  expect(said("ssl ca-file own", { global })[0]).toContain("No such file or directory");
});

function gone(name: string): string {
  return `alert: unable to stat SSL certificate from file '${name}' : No such file or directory.`;
}

test("default-server", () => {
  expect(said("no-ssl", { before: " default-server ssl\n" })).toEqual([byDefault]);
  expect(said("ssl verify none", { before: " default-server verify required\n" })).toEqual([]);
});

test("global", () => {
  const global = "global\n ssl-server-verify none\n";
  expect(said("ssl", { global })).toEqual([]);
  expect(said("ssl verify required", { global })).toEqual(["alert: verify is enabled but no CA file specified."]);
});

test("HTTP/2 is left out of what is offered, or refused where it is all", () => {
  const before = " mode http\n";
  const told = (options: string): readonly string[] => said(`ssl verify none ${options}`, { before });
  expect(told("alpn http/1.1")).toEqual([]);
  expect(told("alpn h2,http/1.1")).toEqual(["notice: 'alpn' offers http/1.1 and not h2: HTTP/1.1 is what is spoken."]);
  expect(told("alpn h2")).toEqual(["alert: 'alpn h2' is not supported"]);
  // A check of layer 6 only makes a handshake.
  expect(told("check check-alpn h2")).toEqual([]);
  const check = { before: " mode http\n option httpchk\n" };
  expect(said("ssl verify none check check-alpn h2", check).join()).toContain("'check-alpn h2' is not supported");
});

test.each([
  ["foo", "unknown fetch method 'foo'"],
  ["str(", "fetch method 'str' : expected ')'"],
  [
    "res.hdr(host)",
    " fetch method 'res.hdr(host)' extracts information from 'HTTP response headers', none of which is available here.",
  ],
])("sni %s", (expression, message) => {
  const text = `alert: error detected while parsing sni expression : ${message}`;
  expect(said(`sni ${expression}`)).toEqual([text]);
  const inherited = said("", { before: ` default-server sni ${expression}\n` });
  expect(inherited).toEqual([text]);
});
