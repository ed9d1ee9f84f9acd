/** Passwords in the forms of crypt(3), hashed by OpenSSL 3.0 and libcrypt. */
import { describe, expect, test } from "bun:test";
import { canVerify, isPassword } from "../../../../src/rules/value/crypt.ts";

describe("passwords", () => {
  test.each([
    "$1$abcdefgh$Rur9vjR3qTr2ktYAC0ctB.",
    "$1$a$UFsuPIVpUpWagbMSNsmjL.",
    "$5$saltsalt$49/9YFbpUJeeKmhYqhW2979avhxSQ228IAIaALKs.a9",
    "$6$sixteencharsalt1$7MCN.6QATh0ploZYclXBA9.QpmW9G9/fqLSiIoW/xSqUa7mXrYM8xG.4xuIuctbUblL2YX3B9vvc3wtqfsBb/.",
    "$5$rounds=1234$abc$fwU.J.6t7R.dJVq8/WXF5LYEiysjOQHEfmqwKHFqEb8",
  ])("%s", (hashed) => {
    expect(canVerify(hashed)).toBe(true);
    expect([isPassword("secret pass", hashed), isPassword("secret pas", hashed), isPassword("", hashed)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("of many lengths", () => {
    expect(
      isPassword(
        "x".repeat(100),
        "$6$ab$Dl9IhjoQKEbFzT0mHUojnmKfO/iaqCONKYMJae6A6BamPi8p5W8x7BIsEQTkgeX2qGN0TnWVc1L7jgOlphKFW.",
      ),
    ).toBe(true);
    expect(isPassword("", "$5$ab$qRq/oZkUn9lJUSIcgVT3NbpSDsjn.r137TBSoCt2kCA")).toBe(true);
  });

  test.each([
    "$2y$05$abcdefghijklmnopqrstuu",
    "$y$j9T$abc$def",
    "ab01FAX.bQRSU",
    "$6$salt",
    "plain",
    "$1$rounds=5$a$b",
  ])("not told right from wrong: %s", (hashed) => {
    expect([canVerify(hashed), isPassword("x", hashed)]).toEqual([false, false]);
  });
});
