/** Lists of revoked certificates that openssl made, and whatever else may stand where one should. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { certificate, revocations } from "../../../certificates.ts";
import { nameText } from "../../../../src/wire/x509/distinguished-name.ts";
import { readRevocationList } from "../../../../src/wire/x509/revocation-list.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const ca = certificate({ subject: "/CN=ca", isCa: true });
const gone = [certificate({ subject: "/CN=a", issuer: ca }), certificate({ subject: "/CN=b", issuer: ca })];

function bytes(pem: string): Uint8Array {
  return Buffer.from(pem.replaceAll(/-----.*-----/g, ""), "base64");
}

test("who issued it, when, and what it has revoked", () => {
  const list = readRevocationList(bytes(revocations(ca, gone, true)));
  if (list === null) throw new Error("not read");
  const { version, signatureAlgorithm, lastUpdate, nextUpdate } = list;
  expect({ version, signatureAlgorithm, lastUpdate, nextUpdate, issuer: nameText(list.issuer) }).toEqual({
    version: 1,
    signatureAlgorithm: "ecdsa-with-SHA256",
    lastUpdate: "Jan  1 00:00:00 2020 GMT",
    nextUpdate: "Jan  2 00:00:00 2020 GMT",
    issuer: "/CN=ca",
  });
  const serials = [...list.revoked].map(({ serial }) => Buffer.from(serial).toString("hex").toUpperCase());
  expect(serials.toSorted()).toEqual(gone.map((one) => new X509Certificate(one.certificate).serialNumber).toSorted());
  expect([...list.revoked][0]?.at).toMatch(/^[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d 20\d\d GMT$/);
});

test("one that is cut, or is no list, is none, or has no more than what is whole", () => {
  const whole = bytes(revocations(ca, gone));
  for (let length = 0; length < whole.length; length++) {
    const list = readRevocationList(whole.subarray(0, length));
    expect(list === null || [...list.revoked].length <= 2).toBe(true);
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Uint8Array.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    for (const { at: when } of readRevocationList(changed)?.revoked ?? []) expect(when ?? "").not.toContain("\n");
  }
  expect(readRevocationList(bytes(ca.certificate))?.revoked ?? []).toBeDefined();
});
