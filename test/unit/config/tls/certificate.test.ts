/** Certificates and what stands beside them: what is kept, and HAProxy's words for what is wrong. */
import { describe, expect, test } from "bun:test";
import { pemBlocks, pemOf } from "../../../../src/config/tls/pem.ts";
import type { CertificatePlan } from "../../../../src/plan/tls.ts";
import { authority, certificate, client, expired, intermediate, leaf, leafKey, root, weak } from "../pem-files.ts";
import { readText } from "../../../cases/case.ts";
import { planOf, saidOf } from "../reading.ts";

const front = (options: string): string => `frontend f\n bind 127.0.0.1:5 ssl ${options}\n`;

/** The certificates of a listener with this file as `x.pem`, and with others. */
function kept(file: string, others: Record<string, string> = {}, global = ""): readonly CertificatePlan[] {
  return planOf(`${global}${front("crt x.pem")}`, { "x.pem": file, ...others }).tls.certificates;
}

/** What is said of the same, without the line's place. */
function said(file: string | null, others: Record<string, string> = {}, global = ""): readonly string[] {
  const files = file === null ? others : { "x.pem": file, ...others };
  return saidOf(`${global}${front("crt x.pem")}`, files).map((text) =>
    text.replace(/parsing \[case\.cfg:\d+\] : (?:'bind 127\.0\.0\.1:5' in section 'frontend' : )?/, ""),
  );
}

const key = client.slice(certificate.length);
const names = (chain: string): number => pemBlocks(chain).length;

test("a file has the certificate, its chain and its key in any order", () => {
  const plain = [{ name: "x.pem", chain: certificate, key }];
  expect(kept(client)).toEqual(plain);
  expect(kept(`notes\n${key}\n${certificate}`)).toEqual(plain);
  const chained = kept(leaf + leafKey + intermediate + root)[0];
  expect(chained?.chain).toBe(leaf + intermediate + root);
});

test("the key may stand beside it", () => {
  expect(kept(certificate, { "x.pem.key": key })).toEqual([{ name: "x.pem", chain: certificate, key }]);
  expect(kept(certificate, { "x.key": key }, "global\n ssl-load-extra-del-ext\n")[0]?.key).toBe(key);
  expect(kept(client, { "x.pem.key": "junk" })[0]?.key).toBe(key);
});

test("a chain that is missing is found among those of the issuers, and who signed themselves may be left out", () => {
  const issuers = { "i/a": intermediate + root, "i/b": authority };
  const path = "global\n issuers-chain-path i\n";
  expect(kept(leaf + leafKey, issuers, path)[0]?.chain).toBe(leaf + intermediate + root);
  expect(kept(leaf + leafKey, issuers, `${path} ssl-skip-self-issued-ca\n`)[0]?.chain).toBe(leaf + intermediate);
  expect(names(kept(leaf + leafKey + root, issuers, path)[0]?.chain ?? "")).toBe(2);
});

describe("what is wrong is told as HAProxy tells it", () => {
  const encrypted = pemOf("ENCRYPTED PRIVATE KEY", Buffer.from("x"));
  const unread =
    "\n  unable to load private key from file 'x.pem.key'.\n   'x.pem.key' is present but cannot be read or parsed'.";
  const bare = "global\n ssl-load-extra-files none\n";
  const rows: readonly (readonly [
    what: string,
    text: string,
    file: string | null,
    beside?: string | null,
    global?: string,
  ])[] = [
    ["nothing there", "unable to stat SSL certificate from file 'x.pem' : No such file or directory.", null],
    ["no certificate", "unable to load certificate from file 'x.pem'.", "junk"],
    ["a key alone", "unable to load certificate from file 'x.pem'.", key],
    ["a broken one", "unable to load certificate from file 'x.pem'.", pemOf("CERTIFICATE", Buffer.from("x")) + key],
    [
      "a broken chain",
      "unable to load certificate chain from file 'x.pem'.",
      client + pemOf("CERTIFICATE", Buffer.from("x")),
    ],
    ["a file too large", "unable to load certificate from file 'x.pem'.", client + " ".repeat(1024 * 1024)],
    ["no key", "No Private Key found in 'x.pem.key'.", certificate],
    ["no key, nor others looked for", "No Private Key found in 'x.pem'.", certificate, null, bare],
    ["an encrypted key", "No Private Key found in 'x.pem.key'.", certificate + encrypted],
    ["an encrypted key beside", unread, certificate, encrypted],
    ["a broken key beside", unread, certificate, "junk"],
    ["another's key", "inconsistencies between private key and certificate loaded 'x.pem'.", authority + key],
    ["a small key", "unable to load SSL certificate into SSL Context 'x.pem'.", weak],
  ];
  test.each(rows.map((row) => [row]))("%p", ([, text, file, beside, global]) => {
    expect(said(file, beside === undefined || beside === null ? {} : { "x.pem.key": beside }, global)).toEqual([
      `alert: ${text}`,
    ]);
  });
});

test("what is not used, and what is over, is told once", () => {
  const dh = pemOf("DH PARAMETERS", Buffer.from("x"));
  expect(said(client + dh, { "x.pem.ocsp": "x", "x.pem.sctl": "x" })).toEqual([
    "notice: DH parameters in 'x.pem' are not used: keys are exchanged with ECDHE only.",
    "notice: 'x.pem.ocsp' is not used: OCSP answers are not stapled.",
    "notice: 'x.pem.sctl' is not used: timestamps of certificates are sent only within them.",
  ]);
  expect(said(expired)).toEqual(["notice: the certificate 'x.pem' has expired on 2021-01-01."]);
});

const adviceOf = (block: string): string | null | undefined =>
  readText(front("crt x.pem"), { "x.pem": certificate + block }).diagnostics.all.find(({ level }) => level === "alert")
    ?.advice;

test("a key that is there and cannot be read has its reason told beside", () => {
  expect(adviceOf("")).toBeNull();
  expect(adviceOf(pemOf("ENCRYPTED PRIVATE KEY", Buffer.from("x")))).toStartWith("the key is encrypted");
  expect(
    adviceOf("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
  ).toStartWith("the key is encrypted");
  expect(adviceOf(pemOf("PRIVATE KEY", Buffer.from("x")))).toStartWith("the runtime cannot read the key");
});
