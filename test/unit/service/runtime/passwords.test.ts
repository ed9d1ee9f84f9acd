/** Forms of passwords, and by whom each is reckoned. */
import { describe, expect, test } from "bun:test";
import { cryptAddress, openPasswordCheck } from "../../../../src/service/runtime/passwords.ts";

const ours = ["$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"];
const bcrypt = ["a", "b", "y"].map((one) => `$2${one}$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a`);
const address = await cryptAddress();
// Which of these a system's libcrypt has differs: Debian 12's has all.
const systems = [
  "$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9",
  "abNANd1rDfiNc",
  "$sha1$1000$abc$3BouD4k4kpP9zZN7ajk83qnpfntH",
  "$7$CU..../....abcdefgh$XWs9HxtpA2.6U5CDBBbcW.h3o9pYlC.MIIb8JqMgZx6",
];

describe("without the system's libcrypt", () => {
  test.each([...ours, ...bcrypt])("%s", async (hashed) => {
    const check = await openPasswordCheck(null);
    expect([check.canVerify(hashed), check.isPassword("secret", hashed), check.isPassword("Secret", hashed)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.each(systems)("it cannot be told whether a password is that of %s", async (hashed) => {
    const check = await openPasswordCheck(null);
    expect(check.canVerify(hashed)).toBe(false);
    expect(() => check.isPassword("secret", hashed)).toThrow("does not know");
  });
});

describe.skipIf(address === null)("by the system's libcrypt", () => {
  const known = systems.filter((one) => one.length === 13);

  test.each(known)("%s", async (hashed) => {
    for (const check of [await openPasswordCheck(), await openPasswordCheck(address)]) {
      expect([
        check.canVerify(hashed),
        check.isPassword("secret", hashed),
        check.isPassword("secret\0x", hashed),
        check.isPassword("Secret", hashed),
      ]).toEqual([true, true, false, false]);
    }
  });

  test("each form that it knows is right, and of those like it none needs another trial", async () => {
    const check = await openPasswordCheck();
    for (const hashed of systems.filter((one) => check.canVerify(one))) {
      expect(check.isPassword("secret", hashed)).toBe(true);
      expect(check.isPassword("secrets", hashed)).toBe(false);
    }
    const users = Array.from({ length: 2000 }, (_, index) => `$y$j9T$abcd${1000 + index}$${"x".repeat(43)}`);
    const before = performance.now();
    for (const one of users) check.canVerify(one);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

test.each([
  "",
  "plain",
  "$6$salt",
  "$zz$a$b",
  "$2b$99$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
  "$2b$05$ab",
  "ab01FAX.b\nRSU",
])("no form of a password: %j", async (hashed) => {
  expect((await openPasswordCheck()).canVerify(hashed)).toBe(false);
});
