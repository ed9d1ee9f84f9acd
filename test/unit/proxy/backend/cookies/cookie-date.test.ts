import { expect, test } from "bun:test";
import { cookieDate, readCookieDate, sameDate } from "../../../../../src/proxy/backend/cookies/cookie-date.ts";

test("dates are five digits, in units of four seconds, rounded up", () => {
  expect(cookieDate(0)).toBe("AAAAA");
  expect([cookieDate(1), cookieDate(4), cookieDate(5)]).toEqual(["AAAAB", "AAAAB", "AAAAC"]);
  expect(readCookieDate("awtUz")).toBe(1_795_904_716);
  expect([cookieDate(1_795_904_715), sameDate(1_795_904_716)]).toEqual(["awtUz", "awtUz"]);
});

test("what is no date says nothing, and what follows one is not looked at", () => {
  for (const text of ["", "abcd", "!!!!!", "abc|e"]) expect(readCookieDate(text)).toBe(0);
  expect(readCookieDate("AAAABxx")).toBe(4);
});
