/** Names and keys of certificates that openssl makes here. */
import { expect, test } from "bun:test";
import { readCertificateNames } from "../../../../../src/proxy/tls/certificates/certificate-names.ts";

function make(subject: string, ...more: string[]): string {
  const words = ["req", "-x509", "-nodes", "-days", "2", "-keyout", "/dev/null", "-subj", subject, ...more];
  const made = Bun.spawnSync(["openssl", ...words], { stdin: "ignore", stderr: "ignore" });
  return made.stdout.toString();
}

const ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

test("names are those of the subjectAltName, then the common ones, and addresses are none", () => {
  const alternative = "subjectAltName=DNS:A.example,IP:127.0.0.1,DNS:*.B.example,email:a@c.example";
  const made = make("/CN=Other.example/CN=a.EXAMPLE", ...ecdsa, "-addext", alternative);
  expect(readCertificateNames(made)).toMatchObject({
    names: ["a.example", "*.b.example", "other.example"],
    keyKind: "ecdsa",
  });
});

test("common names count where there is no other, and the kind of key is told", () => {
  expect(readCertificateNames(make("/O=DNS:no/CN=One.example/CN=two.example", "-newkey", "rsa:1024"))).toMatchObject({
    names: ["one.example", "two.example"],
    keyKind: "rsa",
  });
  expect(readCertificateNames(make("/CN=e.example", "-newkey", "ed25519")).keyKind).toBe("other");
});

test("the first certificate of several counts, whatever stands before it", () => {
  const [one, other] = [make("/CN=one", ...ecdsa), make("/CN=other", ...ecdsa)];
  expect(readCertificateNames(`key or so\n${one}${other}`).names).toEqual(["one"]);
});

test("what is no certificate throws", () => {
  for (const text of ["", "-----BEGIN CERTIFICATE-----\nAAAA"]) expect(() => readCertificateNames(text)).toThrow();
  expect(() => readCertificateNames("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).toThrow();
});
