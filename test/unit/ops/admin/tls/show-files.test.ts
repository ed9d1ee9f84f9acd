/** What is shown of the files of TLS. Texts as HAProxy 2.6.12 gives them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { certificate, revocations } from "../../../../certificates.ts";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { noTlsFiles } from "../../../../../src/plan/tls.ts";
import { bindTls } from "../../../proxy/tls/certificates.ts";
import { adminSources } from "../../admin-sources.ts";
import { stageTls } from "../../tls-stage.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const ca = certificate({ subject: "/CN=ca/O=Test Org", isCa: true });
const leaf = certificate({ subject: "/CN=leaf", names: "DNS:leaf.test,DNS:*.leaf.test,IP:127.0.0.1", issuer: ca });
const rsa = certificate({ subject: "/CN=rsa", algorithm: "rsa" });
const crl = revocations(ca, [leaf]);
const empty = revocations(ca, []);

function stage() {
  const { store, tls } = stageTls({
    files: {
      ...noTlsFiles,
      certificates: [
        { name: "z.pem", chain: leaf.certificate + ca.certificate, key: leaf.key },
        { name: "a.pem", chain: rsa.certificate, key: rsa.key },
      ],
      authorities: [{ name: "ca", pem: ca.certificate + rsa.certificate }],
      revocations: [{ name: "crl", pem: crl + empty }],
    },
    binds: [bindTls(["z.pem"], { authorities: "ca" })],
  });
  const sources = adminSources({ tls });
  const session: AdminSession = {
    level: "operator",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  return { store, session, ask: (text: string) => [...answerCommand(text, sources, session)].join("") };
}

function serial(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}

function sha1(pem: string): string {
  return new X509Certificate(pem).fingerprint.replaceAll(":", "");
}

test("names stand in order, what is being prepared before them", () => {
  const { store, ask } = stage();
  store.certificates.create("m.pem");
  store.certificates.prepare("m.pem", { chain: rsa.certificate, key: null });
  store.authorityFiles.prepare("ca", { pem: ca.certificate });
  expect(ask("show ssl cert")).toBe("# transaction\n*m.pem\n# filename\na.pem\nm.pem\nz.pem\n");
  expect(ask("show ssl ca-file")).toBe("# transaction\n*ca - 1 certificate(s)\n# filename\nca - 2 certificate(s)\n");
  expect(ask("show ssl crl-file")).toBe("# filename\ncrl\n");
});

test("a certificate is told with its chain", () => {
  const { store, ask } = stage();
  expect(ask("show ssl cert z.pem")).toBe(
    [
      "Filename: z.pem",
      "Status: Used",
      `Serial: ${serial(leaf.certificate)}`,
      "notBefore: Jan  1 00:00:00 2020 GMT",
      "notAfter: Jan  1 00:00:00 2099 GMT",
      "Subject Alternative Name: DNS:leaf.test, DNS:*.leaf.test, ",
      "Algorithm: EC256",
      `SHA1 FingerPrint: ${sha1(leaf.certificate)}`,
      "Subject: /CN=leaf",
      "Issuer: /CN=ca/O=Test Org",
      "Chain Subject: /CN=ca/O=Test Org",
      "Chain Issuer: /CN=ca/O=Test Org",
      "OCSP Response Key: \n",
    ].join("\n"),
  );
  expect(ask("show ssl cert a.pem")).toMatch(/^Filename: a.pem\nStatus: Unused\n(?:.*\n)*Algorithm: RSA2048\n/);
  store.certificates.create("m");
  expect(ask("show ssl cert m")).toBe("Filename: m\nStatus: Empty\nOCSP Response Key: \n");
  const unknown = "Can't display the certificate: Not found or the certificate is a bundle!\n";
  expect([ask("show ssl cert nosuch"), ask("show ssl cert *a.pem"), ask("show ssl cert *")]).toEqual(
    Array.from({ length: 3 }, () => unknown),
  );
});

test("of authorities and lists of revoked certificates there are several, by number", () => {
  const { ask } = stage();
  const second = `Serial: ${serial(rsa.certificate)}\n`;
  expect(ask("show ssl ca-file ca")).toMatch(/^Filename: ca\nStatus: Used\n \nCertificate #1:\nSerial/);
  expect(ask("show ssl ca-file ca:2")).toContain(`Status: Used\n \nCertificate #2:\n${second}`);
  expect(ask("show ssl ca-file ca:2")).not.toContain("#1");
  expect(ask("show ssl ca-file ca:3")).toBe("");
  expect(ask("show ssl ca-file ca:0")).toBe("wrong CA index after colons in 'ca:0'!");
  expect(ask("show ssl ca-file nosuch")).toBe("Can't display the CA file : Not found!\n");
  const head = "Filename: crl\nStatus: Unused\n";
  const all = ask("show ssl crl-file crl");
  expect(all).toMatch(
    /^Filename: crl\nStatus: Unused\n \nCertificate Revocation List #1:\nVersion 1\nSignature Algorithm: ecdsa-with-SHA256\nIssuer: \/CN=ca\/O=Test Org\nLast Update: .* GMT\nNext Update: .* GMT\n/,
  );
  expect(all).toContain(
    `Revoked Certificates:\n    Serial Number: ${serial(leaf.certificate)}\n        Revocation Date: `,
  );
  expect(ask("show ssl crl-file crl:2")).toMatch(/#2:\n(?:.*\n){5}No Revoked Certificates.\n$/);
  expect(ask("show ssl crl-file crl:3")).toBe(head);
  expect(ask("show ssl crl-file crl:x")).toBe("wrong CRL index after colons in 'crl:x'!");
  expect(ask("show ssl crl-file nosuch")).toBe("Can't display the CRL file : Not found!\n");
});

test("a user may not see them", () => {
  const { session, ask } = stage();
  session.level = "user";
  expect([ask("show ssl cert"), ask("show ssl ca-file"), ask("show ssl crl-file")]).toEqual(
    Array.from({ length: 3 }, () => "Permission denied\n"),
  );
});
