/** Files of authorities and of revocations: what is kept of them, and HAProxy's words for those that are none. */
import { expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { authorityBlocks, basedPath } from "../../../../src/config/tls/authorities.ts";
import { planOf, saidOf } from "../reading.ts";
import { pemOf } from "../../../../src/config/tls/pem.ts";

const [root = "", other = ""] = rootCertificates.map((pem) => new X509Certificate(pem).toString());

test("certificates are kept one after the other, without what stands between them", () => {
  expect(authorityBlocks(`# mine\n${root}\n\nand\n${other}`)).toBe(`${root.trim()}\n${other.trim()}\n`);
  expect(authorityBlocks(root.replaceAll("CERTIFICATE", "X509 CERTIFICATE"))).toBe(`${root.trim()}\n`);
});

test("a text without any, or with a broken one, is none", () => {
  expect(authorityBlocks("junk")).toBeNull();
  expect(authorityBlocks(root + pemOf("CERTIFICATE", Buffer.from("junk")))).toBeNull();
  expect(authorityBlocks(pemOf("X509 CRL", Buffer.from("junk")))).toBeNull();
  expect(authorityBlocks(pemOf("PRIVATE KEY", Buffer.from("junk")))).toBeNull();
});

test("a base stands before relative names alone", () => {
  expect(["a", "/a", "@system-ca"].map((name) => basedPath("/b", name))).toEqual(["/b/a", "/a", "@system-ca"]);
  expect(basedPath("", "a")).toBe("a");
});

const front = (folder: string): string => `frontend f\n bind :1 ca-file ${folder}\n`;

test("of a folder those files count that are called like certificates, and a broken one does not spoil the others", () => {
  const files = {
    "d/b.pem": other,
    "d/a.crt": root,
    "d/c.cer": "junk",
    "d/d": "junk",
    "d/.e.pem": root,
    "d/f.pem/g": root,
  };
  const kept = planOf(front("d"), files).tls.authorities;
  expect(kept).toEqual([{ name: "d", pem: `${root}${other}` }]);
  expect(saidOf(front("d"), { "d/d": root })[0]).toBe(
    "alert: Couldn't open the ca-file 'd' (no certificate or crl found).",
  );
});
