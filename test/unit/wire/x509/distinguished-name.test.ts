/** Names of certificates by entry; the whole of them stands in x509.test.ts. */
import { expect, test } from "bun:test";
import { nameEntry, nameText, nameTextForLdap, readName } from "../../../../src/wire/x509/distinguished-name.ts";
import { readCertificate } from "../../../../src/wire/x509/certificate.ts";
import { certificates } from "./certificate-bytes.ts";

const subject = readCertificate(certificates.everyAttribute)?.subject ?? [];

test("an entry by name, in any case, and by occurrence from either end, as HAProxy finds it", () => {
  const values = [1, 2, 0, -1, -2, -9, 9].map((occurrence) => nameEntry(subject, "OU", occurrence));
  expect(values).toEqual(["First", 'Second "q"', undefined, " lead and trail ", "#hash", undefined, undefined]);
  expect(nameEntry(subject, "cn", 1)).toBe("w\\eird;<>=");
  expect(nameEntry(subject, "commonName", 1)).toBeUndefined();
  expect(nameEntry(subject, "constructor", 1)).toBeUndefined();
});

test("an attribute without a name goes by its figures", () => {
  const wide = readCertificate(certificates.wideText)?.subject ?? [];
  expect(nameEntry(wide, "2.999.4.16384.1", 1)).toBe("\0x");
  expect(nameEntry(wide, "UNDEF", 1)).toBeUndefined();
});

function named(value: readonly number[]): ReturnType<typeof readName> {
  const pair = [0x06, 3, 0x55, 4, 3, ...value];
  return readName(Uint8Array.from([0x31, pair.length + 2, 0x30, pair.length, ...pair]));
}

test("texts that are none have no form for LDAP, and are told byte for byte all the same", () => {
  const odd = named([0x1e, 3, 0, 0x41, 0]);
  expect([nameText(odd ?? []), nameTextForLdap(odd ?? [])]).toEqual(["/CN=\0A\0", undefined]);
  expect(nameTextForLdap(named([0x1e, 2, 0xd8, 0]) ?? [])).toBeUndefined();
  expect(nameTextForLdap(named([0x1c, 4, 0xff, 0, 0, 0]) ?? [])).toBeUndefined();
  expect(nameTextForLdap(named([0x1c, 4, 0, 1, 0xf6, 0]) ?? [])).toBe("CN=\\F0\\9F\\98\\80");
});

test("no text at all is shown as it stands, and control characters in figures", () => {
  expect(nameTextForLdap(named([0x02, 1, 5]) ?? [])).toBe("CN=#020105");
  expect(nameTextForLdap(named([0x0c, 3, 0x0a, 0x7f, 0x20]) ?? [])).toBe("CN=\\0A\\7F\\ ");
});

test("what is no name is none", () => {
  expect(readName(Uint8Array.of(0x30, 0))).toBeNull();
  expect(readName(Uint8Array.of(0x31, 2, 0x30, 0))).toBeNull();
  expect(readName(Uint8Array.of())).toEqual([]);
});
