/** Fields of SSH's messages: the examples of RFC 4251, and bytes that are too few. */
import { expect, test } from "bun:test";
import {
  bigNumber,
  bitLength,
  joinBytes,
  mpintField,
  numberBytes,
  SshFieldReader,
  stringField,
  uint32Field,
} from "../../../../../src/wire/ssh/kex/fields.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("numbers are written as RFC 4251 has them", () => {
  const written = ["", "09a378f9b2e332a7", "80", "0000000080", "7f"].map((text) =>
    hex(mpintField(new Uint8Array(Buffer.from(text, "hex")))),
  );
  expect(written).toEqual(["00000000", "0000000809a378f9b2e332a7", "000000020080", "000000020080", "000000017f"]);
  expect(hex(uint32Field(699921578))).toBe("29b7f4aa");
  expect(hex(stringField("testing"))).toBe("0000000774657374696e67");
});

test("fields are read in order, as views", () => {
  const bytes = joinBytes(
    Uint8Array.of(31),
    uint32Field(0x80000001),
    new Uint8Array(Buffer.from("fffffffffffffffe", "hex")),
    stringField("é"),
    mpintField(Uint8Array.of(0, 0x80, 1)),
  );
  const fields = new SshFieldReader(bytes);
  expect([fields.byte(), fields.uint32(), fields.uint64(), fields.text(), hex(fields.mpint())]).toEqual([
    31,
    0x80000001,
    2n ** 64n - 2n,
    "é",
    "8001",
  ]);
  expect([fields.isWhole, fields.isAtEnd]).toEqual([true, true]);
});

test("what reaches beyond the end is nothing, and all that is read behind it", () => {
  const whole = joinBytes(uint32Field(4_294_967_295), stringField("abc"));
  const fields = new SshFieldReader(whole);
  expect([hex(fields.string()), fields.text(), fields.byte(), fields.uint64()]).toEqual(["", "", 0, 0n]);
  expect(fields.isWhole).toBe(false);
  for (const length of [0, 3, 5]) {
    const short = new SshFieldReader(stringField("ab").subarray(0, length));
    short.string();
    expect(short.isWhole).toBe(false);
  }
});

test("a negative number is none", () => {
  const fields = new SshFieldReader(stringField(Uint8Array.of(0x80)));
  expect(hex(fields.mpint())).toBe("");
  expect(fields.isWhole).toBe(false);
});

test("numbers and their bytes", () => {
  for (const number of [0n, 1n, 255n, 256n, 2n ** 2048n - 1n]) {
    const bytes = numberBytes(number);
    expect(bigNumber(bytes)).toBe(number);
    expect(bitLength(bytes)).toBe(number === 0n ? 0 : number.toString(2).length);
  }
});
