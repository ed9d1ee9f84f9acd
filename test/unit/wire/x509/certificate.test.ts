/** What certificates say, told as HAProxy 2.6 told it of the same bytes; and whatever else may stand where one should. */
import { describe, expect, test } from "bun:test";
import { nameText, nameTextForLdap } from "../../../../src/wire/x509/distinguished-name.ts";
import { readCertificate } from "../../../../src/wire/x509/certificate.ts";
import { certificates } from "./certificate-bytes.ts";

const told = {
  alice: {
    subject: "/CN=alice/O=Client Org",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "O=Client Org,CN=alice",
    serial: "FF12",
    notBefore: "261129035224Z",
    notAfter: "271127035224Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 3,
  },
  everyAttribute: {
    subject:
      '/DC=org/DC=example/C=DE/ST=B\xc3\xa4yern/L=M\xc3\xbcnchen/O=A, Inc+Co/OU=First/OU=Second "q"/OU=#hash/OU= lead and trail /CN=w\\eird;<>=/emailAddress=w@x.test/serialNumber=77/UID=u1/street=Main St/GN=Gi/SN=Su/title=Dr/initials=W/description=desc/postalCode=123',
    issuer: "/CN=Inter/O=Fair CA",
    ldap: 'postalCode=123,description=desc,initials=W,title=Dr,SN=Su,GN=Gi,street=Main St,UID=u1+serialNumber=77,emailAddress=w@x.test,CN=w\\\\eird\\;\\<\\>=,OU=\\ lead and trail\\ ,OU=\\#hash,OU=Second \\"q\\",OU=First,O=A\\, Inc\\+Co,L=M\\C3\\BCnchen,ST=B\\C3\\A4yern,C=DE,DC=example,DC=org',
    serial: "05",
    notBefore: "261129035224Z",
    notAfter: "810901035224Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 3,
  },
  wideText: {
    subject:
      "/CN=\x00Z\x00o\x00\xeb/1.2.3.4.5=\x00c\x00u\x00s\x00t\x00o\x00m \xac/2.999.4.16384.1=\x00x/O=\x00P\x00l\x00a\x00i\x00n",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "O=Plain,2.999.4.16384.1=#1E020078,1.2.3.4.5=#1E0E0063007500730074006F006D20AC,CN=Zo\\C3\\AB",
    serial: "52283C0CB63DA6530184642F0494B93D8AB0EA1B",
    notBefore: "261129035259Z",
    notAfter: "261229035259Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 1,
  },
  teletex: {
    subject: "/CN=Zo\xeb+tab/O=a,b",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "O=a\\,b,CN=Zo\\C3\\AB\\+tab",
    serial: "1BE69C9CBE4956EB1D61CF1E4786620AF7645F34",
    notBefore: "261129040534Z",
    notAfter: "261229040534Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 1,
  },
  ed25519: {
    subject: "/CN=ed/O=Ed Org",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "O=Ed Org,CN=ed",
    serial: "01",
    notBefore: "261129035224Z",
    notAfter: "270118035224Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "ED25519",
    version: 3,
  },
  rsaPss: {
    subject: "/CN=pss",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "CN=pss",
    serial: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    notBefore: "261129035225Z",
    notAfter: "270118035225Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "RSASSA-PSS",
    version: 3,
  },
  oldStart: {
    subject: "/CN=old",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "CN=old",
    serial: "80",
    notBefore: null,
    notAfter: "550102030405Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 1,
  },
  farEnd: {
    subject: "/CN=old",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "CN=old",
    serial: "81",
    notBefore: "250101000000Z",
    notAfter: null,
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 1,
  },
  noName: {
    subject: "",
    issuer: "/CN=Test CA/O=Fair CA",
    ldap: "",
    serial: "00",
    notBefore: "261129040534Z",
    notAfter: "261202040534Z",
    signatureAlgorithm: "ecdsa-with-SHA256",
    keyAlgorithm: "id-ecPublicKey",
    version: 1,
  },
};

function tell(name: keyof typeof certificates): unknown {
  const certificate = readCertificate(certificates[name]);
  if (certificate === null) return null;
  const { subject, issuer, serial, notBefore, notAfter, signatureAlgorithm, keyAlgorithm, version } = certificate;
  return {
    subject: nameText(subject),
    issuer: nameText(issuer),
    ldap: nameTextForLdap(subject),
    serial: Buffer.from(serial).toString("hex").toUpperCase(),
    notBefore,
    notAfter,
    signatureAlgorithm,
    keyAlgorithm,
    version,
  };
}

describe("readCertificate", () => {
  test.each(Object.keys(told) as (keyof typeof told)[])("%s is told as HAProxy tells it", (name) => {
    expect(tell(name)).toEqual(told[name]);
  });

  test("bits of the key, where PROXY headers have a word for such keys", () => {
    const bits = Object.entries(certificates).map(([name, der]) => [name, readCertificate(der)?.keyBits]);
    expect(Object.fromEntries(bits)).toEqual({
      alice: 256,
      everyAttribute: 384,
      wideText: 256,
      teletex: 256,
      ed25519: null,
      rsaPss: 2048,
      rsa: 2048,
      oldStart: 256,
      farEnd: 256,
      noName: 256,
      intermediate: 256,
      root: 256,
    });
  });

  test("names that it is for: of the extension DNS names alone", () => {
    expect(readCertificate(certificates.rsa)?.dnsNames).toEqual(["srv.test", "*.wild.test"]);
    expect(readCertificate(certificates.wideText)?.dnsNames).toEqual([]);
  });

  test("no beginning of a certificate is one, and what is behind it is not looked at", () => {
    const whole = certificates.everyAttribute;
    for (let length = 0; length < whole.length; length++) {
      expect(readCertificate(whole.subarray(0, length))).toBeNull();
    }
    expect(readCertificate(Uint8Array.from([...whole, 1, 2, 3]))).not.toBeNull();
  });

  test("whatever a byte of it is changed to, it is read or not, and nothing is thrown", () => {
    let read = 0;
    for (const whole of [certificates.everyAttribute, certificates.wideText]) {
      for (let at = 0; at < whole.length; at++) {
        for (const value of [0, 0x84]) {
          const changed = whole.slice();
          changed[at] = value;
          const certificate = readCertificate(changed);
          if (certificate === null) continue;
          read += 1;
          nameText(certificate.subject);
          nameTextForLdap(certificate.subject);
        }
      }
    }
    expect(read).toBeGreaterThan(100);
  });
});
