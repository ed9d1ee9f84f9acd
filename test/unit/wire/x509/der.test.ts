import { expect, test } from "bun:test";
import { DerReader, derTags, identifierText, integerBits, integerBytes } from "../../../../src/wire/x509/der.ts";

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

function hex(content: Uint8Array | null): string | null {
  return content === null ? null : Buffer.from(content).toString("hex");
}

function elements(text: string): string[] {
  const reader = new DerReader(bytes(text));
  const list: string[] = [];
  for (let one = reader.next(); one !== null; one = reader.next())
    list.push(`${one.tag.toString(16)}:${hex(one.content)}`);
  return list;
}

test("elements come one after the other, with lengths in one byte or up to four more", () => {
  expect(elements("0201 05 0500 0c0161")).toEqual(["2:05", "5:", "c:61"]);
  expect(elements("048101 aa 0482 0001 bb 04840000 0001 cc")).toEqual(["4:aa", "4:bb", "4:cc"]);
});

test("what does not fit ends them", () => {
  expect(elements("0500 02")).toEqual(["5:"]);
  expect(elements("0500 0205 01")).toEqual(["5:"]);
  expect(elements("0500 3080 0000")).toEqual(["5:"]);
  expect(elements("0500 0485 0000000001 aa")).toEqual(["5:"]);
  expect(elements("0500 04 84ffffffff aa")).toEqual(["5:"]);
  expect(elements("0500 1f810101 00")).toEqual(["5:"]);
  expect(elements("0482 00")).toEqual([]);
});

test("an element of another type stays where it is", () => {
  const reader = new DerReader(bytes("3003 020107 0500"));
  expect(reader.take(derTags.integer)).toBeNull();
  expect(hex(reader.enter(derTags.sequence)?.take(derTags.integer) ?? null)).toBe("07");
  expect(reader.next()?.tag).toBe(5);
  expect(reader.next()).toBeNull();
});

test("identifiers in figures", () => {
  expect(identifierText(bytes("550403"))).toBe("2.5.4.3");
  expect(identifierText(bytes("2a864886f70d01010b"))).toBe("1.2.840.113549.1.1.11");
  expect(identifierText(bytes("0992268993f22c640119"))).toBe("0.9.2342.19200300.100.1.25");
  expect(identifierText(bytes("883704 81800001"))).toBe("2.999.4.16384.1");
  expect(identifierText(bytes("ffffffffffffffffffff7f"))).toBe("2.151115727451828646838191");
  expect(identifierText(bytes(""))).toBe("");
  expect(identifierText(new Uint8Array(100_000).fill(1)).length).toBeLessThan(300);
});

test("integers without their sign and their leading zeros", () => {
  const magnitudes = ["05", "00ff12", "fb", "80", "ff00", "0000", ""].map((text) => hex(integerBytes(bytes(text))));
  expect(magnitudes).toEqual(["05", "ff12", "05", "80", "0100", "00", ""]);
  expect(["00ff", "01", "00", "", "0100"].map((text) => integerBits(bytes(text)))).toEqual([8, 1, 0, 0, 9]);
});
