/** Names and keys of certificates that openssl makes here. */
import { expect, test } from "bun:test";
import { readCertificateNames } from "../../../../../src/proxy/process/tls/certificate-names.ts";

function make(subject: string, ...more: string[]): string {
  const words = ["req", "-x509", "-nodes", "-days", "2", "-keyout", "/dev/null", "-subj", subject, ...more];
  const made = Bun.spawnSync(["openssl", ...words], { stdin: "ignore", stderr: "ignore" });
  return made.stdout.toString();
}

const ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

test("names are those of the subjectAltName, and addresses are none", () => {
  const alternative = "subjectAltName=DNS:A.example,IP:127.0.0.1,DNS:*.B.example,email:a@c.example";
  expect(readCertificateNames(make("/CN=Other.example", ...ecdsa, "-addext", alternative))).toEqual({
    names: ["a.example", "*.b.example"],
    keyKind: "ecdsa",
  });
});

test("common names count where there is no other, and the kind of key is told", () => {
  expect(readCertificateNames(make("/O=DNS:no/CN=One.example/CN=two.example", "-newkey", "rsa:1024"))).toEqual({
    names: ["one.example", "two.example"],
    keyKind: "rsa",
  });
  expect(readCertificateNames(make("/CN=e.example", "-newkey", "ed25519")).keyKind).toBe("other");
});

test("what is no certificate throws", () => {
  expect(() => readCertificateNames("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).toThrow();
});
