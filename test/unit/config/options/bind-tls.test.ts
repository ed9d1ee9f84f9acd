/** What `bind` lines say of TLS: what each word sets, what is said of a wrong one, and that none is left behind. */
import { describe, expect, test } from "bun:test";
import { bindTlsRows } from "../../../../src/config/options/bind-tls.ts";
import type { BindTlsPlan } from "../../../../src/plan/tls.ts";
import { readText } from "../../../cases/case.ts";
import { authority, client, revocations } from "../pem-files.ts";
import { planOf, saidOf } from "../reading.ts";

const key = Buffer.alloc(48, "k").toString("base64");
const files = {
  pem: client,
  ca: authority,
  crl: revocations,
  keys: `${key}\n${key}\n${key}\n`,
  list: "pem\n",
  "/b/ca": authority,
};

const front = (options: string, global = "", mode = "tcp"): string =>
  `${global === "" ? "" : `global\n ${global}\n`}frontend f\n mode ${mode}\n bind 127.0.0.1:5 ${options}\n`;

/** How the listener of a line with `ssl crt pem` and these words speaks TLS. */
function tlsOf(options: string, global = "", mode = "tcp"): BindTlsPlan {
  const tls = planOf(front(`ssl crt pem ${options}`, global, mode), files).frontends[0]?.binds[0]?.tls;
  if (tls === null || tls === undefined) throw new Error("no TLS");
  return tls;
}

const usual: BindTlsPlan = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
  curves: null,
  sigalgs: null,
  alpn: [],
  verify: "none",
  authorities: null,
  unnamedAuthorities: null,
  revocations: null,
  ignoredLeafErrors: [],
  ignoredChainErrors: [],
  entries: [{ certificate: "pem", filters: null, own: {}, list: null, position: null, text: "" }],
  lists: [],
  strictSni: false,
  prefersClientCiphers: false,
  tickets: true,
  sessionSeconds: 300,
};

test("a line with a certificate has what HAProxy has where nothing is said", () => {
  expect(tlsOf("")).toEqual(usual);
  expect(planOf(front("crt pem"), files).frontends[0]?.binds[0]?.tls).toBeNull();
});

describe("each word sets its own", () => {
  const rows: readonly (readonly [options: string, fields: Partial<BindTlsPlan>, global?: string, mode?: string])[] = [
    ["alpn h2,http/1.1", { alpn: ["h2", "http/1.1"] }],
    ["alpn h2,http/1.1", { alpn: ["http/1.1"] }, "", "http"],
    ["alpn h2 no-alpn", { alpn: [] }],
    ["verify optional ca-file ca", { verify: "optional", authorities: "ca" }],
    ["verify required ca-verify-file ca", { verify: "required", unnamedAuthorities: "ca" }],
    ["ca-file ca", { authorities: "/b/ca" }, "ca-base /b"],
    ["ca-file ca crl-file crl verify required", { authorities: "ca", revocations: "crl", verify: "required" }],
    ["crt-ignore-err all ca-ignore-err 10,20", { ignoredLeafErrors: "all", ignoredChainErrors: [10, 20] }],
    ["ssl-min-ver TLSv1.3", { minVersion: "TLSv1.3" }],
    ["ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2", { minVersion: "TLSv1", maxVersion: "TLSv1.2" }],
    ["no-sslv3 no-tlsv10 no-tlsv11 no-tlsv13", { maxVersion: "TLSv1.2" }],
    ["force-tlsv11", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }],
    ["ssl-min-ver TLSv1.2", { minVersion: "TLSv1.2" }, "ssl-default-bind-options ssl-min-ver TLSv1.3"],
    ["", { minVersion: "TLSv1.3", tickets: false }, "ssl-default-bind-options no-tls-tickets ssl-min-ver TLSv1.3"],
    ["tls-tickets", { tickets: true, strictSni: true }, "ssl-default-bind-options no-tls-tickets strict-sni"],
    ["", { prefersClientCiphers: true }, "ssl-default-bind-options prefer-client-ciphers"],
    ["ciphers ECDHE+AESGCM:TLS_AES_128_GCM_SHA256", { ciphers: "ECDHE+AESGCM" }],
    [
      "",
      { ciphers: "AESGCM", curves: "P-256", sigalgs: "RSA+SHA256" },
      "ssl-default-bind-ciphers AESGCM\n ssl-default-bind-curves P-256\n ssl-default-bind-sigalgs RSA+SHA256",
    ],
    [
      "ciphers HIGH curves X25519 sigalgs ECDSA+SHA256",
      { ciphers: "HIGH", curves: "X25519", sigalgs: "ECDSA+SHA256" },
      "ssl-default-bind-ciphers AESGCM\n ssl-default-bind-curves P-256",
    ],
    ["ecdhe prime256v1", { curves: "prime256v1" }],
    [
      "strict-sni prefer-client-ciphers no-tls-tickets",
      { strictSni: true, prefersClientCiphers: true, tickets: false },
    ],
    ["strict-sni no-strict-sni", { strictSni: false }],
    ["", { sessionSeconds: 60 }, "tune.ssl.lifetime 1m"],
    ["", { sessionSeconds: 1 }, "tune.ssl.lifetime 0"],
  ];
  test.each(rows.map((row) => [row]))("%p", ([options, fields, global, mode]) => {
    expect(tlsOf(options, global, mode)).toEqual({ ...usual, ...fields });
  });
});

describe("what is wrong with a word is told as HAProxy tells it", () => {
  const place = "alert: parsing [case.cfg:7] : 'bind 127.0.0.1:5' in section 'frontend' : ";
  const missing: readonly (readonly [options: string, said: string])[] = [
    ["crt", "'crt' : missing certificate location"],
    ["crt-list", "'crt-list' : missing certificate location"],
    ["ca-file", "'ca-file' : missing CAfile path"],
    ["crl-file", "'crl-file' : missing CRLfile path"],
    ["verify", "'verify' : missing verify method"],
    ["verify x", "'verify' : unknown verify method 'x', only 'none', 'optional', and 'required' are supported"],
    ["alpn", "'alpn' : missing the comma-delimited ALPN protocol suite"],
    ["npn", "'npn' : missing the comma-delimited NPN protocol suite"],
    ["ciphers", "'ciphers' : missing cipher suite"],
    ["curves", "'curves' : missing curve suite"],
    ["ecdhe", "'ecdhe' : missing named curve"],
    ["ssl-min-ver", "'ssl-min-ver' : missing the ssl/tls version"],
    ["ssl-max-ver x", "'x' : unknown ssl/tls version"],
    ["ca-ignore-err", "'ca-ignore-err' : missing error IDs list"],
    ["ca-ignore-err foo", "'ca-ignore-err' : ID '0' out of range (1..94) in error IDs list 'foo'"],
    ["crt-ignore-err 10,500", "'crt-ignore-err' : ID '500' out of range (1..94) in error IDs list '10,500'"],
    ["tls-ticket-keys", "'tls-ticket-keys' : missing TLS ticket keys file path"],
    ["ca-sign-file", "'ca-sign-file' : missing CAfile path"],
    ["ca-sign-pass", "'ca-sign-pass' : missing CAkey password"],
  ];
  // Where a line's words can be read it is not judged whether they mean anything: `ssl` makes no difference.
  test.each(missing.map((row) => [row]))("%p", ([options, said]) => {
    expect(saidOf(front(options), files)).toContain(place + said);
    expect(saidOf(front(`ssl crt pem ${options}`), files)).toContain(place + said);
  });

  test("a file that cannot be read is told in two messages", () => {
    expect(saidOf(front("ssl crt pem crl-file no", "ca-base /b"), files)).toEqual([
      "alert: Couldn't open the ca-file '/b/no' (No such file or directory).",
      "alert: parsing [case.cfg:9] : 'bind 127.0.0.1:5' in section 'frontend' : 'crl-file' : unable to load /b/no",
    ]);
    expect(saidOf(front("ca-file keys"), files)[0]).toBe(
      "alert: Couldn't open the ca-file 'keys' (no certificate or crl found).",
    );
  });
});

describe("what is wrong with a listener is told as HAProxy tells it", () => {
  const of = "for bind '127.0.0.1:5' at [case.cfg:7]";
  const rows: readonly (readonly [options: string, said: readonly string[], global?: string, mode?: string])[] = [
    ["ssl", [`alert: no SSL certificate specified ${of} (use 'crt').`]],
    ["ssl strict-sni", [`warning: no SSL certificate specified ${of}, ssl connections will fail (use 'crt').`]],
    ["ssl crt pem verify required", [`alert: verify is enabled but no CA file specified ${of}.`]],
    [
      "ssl crt pem verify optional ca-verify-file ca no-ca-names",
      [
        `alert: 'no-ca-names' is not supported ${of}.`,
        `notice: clients are told the names of 'ca-verify-file' as well, ${of}.`,
      ],
    ],
    ["ssl crt pem ciphers NOPE", [`alert: unable to set SSL cipher list to 'NOPE' ${of}.`]],
    ["ssl crt pem ciphers ALL@SECLEVEL=0", [`alert: '@SECLEVEL' in a list of ciphers is not supported ${of}.`]],
    ["ssl crt pem ciphersuites NOPE", [`alert: unable to set TLS 1.3 cipher suites to 'NOPE' ${of}.`]],
    ["ssl crt pem ciphersuites TLS_AES_128_GCM_SHA256 ssl-max-ver TLSv1.2", []],
    [
      "ssl crt pem ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
      [
        `alert: 'ciphersuites' without TLS_CHACHA20_POLY1305_SHA256 is not supported: the runtime always offers it, ${of}.`,
      ],
    ],
    [
      "ssl crt pem ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
      [`notice: the suites of TLS 1.3 are offered in the runtime's own order, ${of}.`],
    ],
    ["ssl crt pem curves NOPE", [`alert: unable to set SSL curves list to 'NOPE' ${of}.`]],
    ["ssl crt pem ecdhe NOPE", [`alert: unable to set elliptic named curve to 'NOPE' ${of}.`]],
    ["ssl crt pem no-tlsv12 no-tlsv13", [`alert: all SSL/TLS versions are disabled ${of}.`]],
    [
      "ssl crt pem ssl-min-ver TLSv1.2 no-tlsv13",
      [`warning: no-sslv3/no-tlsv1x are ignored ${of}. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.`],
    ],
    ["ssl crt pem alpn h2", [`alert: 'alpn h2' is not supported ${of}.`], "", "http"],
    [
      "ssl crt pem alpn h2,http/1.1",
      [`notice: 'alpn' offers http/1.1 and not h2: HTTP/1.1 is what is spoken, ${of}.`],
      "",
      "http",
    ],
    ["crt pem verify required", [`notice: 'crt' without 'ssl' means nothing ${of}: TLS is not spoken there.`]],
  ];
  test.each(rows.map((row) => [row]))("%p", ([options, said, global, mode]) => {
    const told = saidOf(front(options, global, mode), files).map((text) => text.replace("Proxy 'f': ", ""));
    expect(told.filter((text) => !text.includes("missing timeouts"))).toEqual([...said]);
  });
});

const socket = (options: string): string => `global\n stats socket /s ${options}\n${front("")}`;

test("suites that global names for all listeners are told once", () => {
  const all = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  const global = `global\n ssl-default-bind-ciphersuites ${all}\n`;
  const line = " bind 127.0.0.1:5 ssl crt pem\n";
  expect(saidOf(`${global}frontend f\n${line}${line}`, files)).toEqual([
    "notice: 'ssl-default-bind-ciphersuites': the suites of TLS 1.3 are offered in the runtime's own order.",
  ]);
  expect(saidOf(`${global}frontend f\n bind :1\n`, files)).toEqual([]);
});

test("an admin socket speaks no TLS, and its words are noted", () => {
  expect(saidOf(socket("ssl crt pem"), files)).toContain(
    "alert: parsing [case.cfg:6] : 'stats socket' : 'ssl' is not supported",
  );
  expect(planOf(socket("verify none"), files).global.withoutEffect.map(({ keyword }) => keyword)).toEqual(["verify"]);
});

describe("no word is left behind", () => {
  const values = new Map([
    ["crt", "pem"],
    ["default-crt", "pem"],
    ["crt-list", "list"],
    ["ca-file", "ca"],
    ["ca-verify-file", "ca"],
    ["crl-file", "crl"],
    ["alpn", "a"],
    ["verify", "optional"],
    ["ciphers", "AESGCM"],
    ["ciphersuites", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"],
    ["curves", "P-256"],
    ["ecdhe", "P-256"],
    ["sigalgs", "RSA+SHA256"],
    ["ssl-min-ver", "TLSv1.3"],
    ["ssl-max-ver", "TLSv1.2"],
    ["crt-ignore-err", "10"],
    ["ca-ignore-err", "10"],
    ["tls-ticket-keys", "keys"],
  ]);
  /** Words that take back what another said, and versions that are not served anyway; `ssl` is on every line here. */
  const silent = new Set([
    "ssl",
    "no-strict-sni",
    "tls-tickets",
    "no-alpn",
    "no-ca-names",
    "no-sslv3",
    "no-tlsv10",
    "no-tlsv11",
  ]);
  /** Judged, and offered in any case. */
  const judged = new Set(["ciphersuites"]);

  test.each(bindTlsRows.map((row) => [row.name]))("%s", (name) => {
    const row = bindTlsRows.find((one) => one.name === name);
    const value = row?.usage === "" ? "" : (values.get(name) ?? "x");
    const beside = name === "verify" ? "ca-file ca " : "";
    const words = `${beside}${name} ${value}`;
    const { plan, diagnostics } = readText(front(`ssl crt pem ${words}`), files);
    const said = diagnostics.all.filter(({ level }) => level === "alert").map(({ text }) => text);
    if (row?.class === "refused") {
      expect(said.join()).toContain(`'${name}' is not supported`);
    } else if (name === "force-sslv3") {
      expect(said.join()).toContain("all SSL/TLS versions are disabled");
    } else {
      expect(said).toEqual([]);
      const isChanged = !Bun.deepEquals(plan?.frontends[0]?.binds[0]?.tls, {
        ...usual,
        ...(beside === "" ? {} : { authorities: "ca" }),
      });
      expect(isChanged).toBe(!silent.has(name) && !judged.has(name));
    }
    // Without TLS it is noted, and refuses nothing that can be read.
    if (name === "ssl") return;
    const idle = planOf(front(words), files).global.withoutEffect.map(({ keyword }) => keyword);
    expect(idle).toContain(name);
  });
});
