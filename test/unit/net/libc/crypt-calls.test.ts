/** The system's libcrypt, where it is there, and bcrypt of the runtime. */
import { describe, expect, test } from "bun:test";
import { cryptAt, isOfBcrypt, openCrypt } from "../../../../src/net/libc/crypt-calls.ts";

const secret = Buffer.from("secret");
const crypt = openCrypt();

describe.skipIf(crypt === null)("libcrypt", () => {
  test.each(["abNANd1rDfiNc", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//"])("%s", (hashed) => {
    expect(crypt?.hash(secret, hashed)).toBe(hashed);
    expect(crypt?.hash(Buffer.from("public"), hashed)).not.toBe(hashed);
  });

  test("a form that it does not know", () => {
    expect(crypt?.hash(secret, "$zz$a")).toBeNull();
  });

  test("another thread calls it by its address", () => {
    expect(cryptAt(crypt?.address ?? 0).hash(secret, "ab")).toBe("abNANd1rDfiNc");
  });
});

describe("bcrypt", () => {
  test.each(["a", "b", "y"])("$2%s$", (letter) => {
    const hashed = `$2${letter}$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a`;
    expect([isOfBcrypt(secret, hashed), isOfBcrypt(Buffer.from("Secret"), hashed)]).toEqual([true, false]);
  });

  test("of a long password the first 72 bytes count", () => {
    const hashed = "$2b$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q";
    expect([80, 72, 71].map((length) => isOfBcrypt(Buffer.alloc(length, "x"), hashed))).toEqual([true, true, false]);
  });
});
