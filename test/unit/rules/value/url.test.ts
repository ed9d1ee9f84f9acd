/** Percent-encoding. */
import { expect, test } from "bun:test";
import { decodeUrl, encodeUrl } from "../../../../src/rules/value/url.ts";

test.each([
  ["a%20b+c", false, "a b+c"],
  ["a+b?c+d", false, "a+b?c d"],
  ["a+b", true, "a b"],
  ["%e9%00", false, "\u00e9\0"],
  ["%2", false, undefined],
  ["%zz", false, undefined],
  ["%", true, undefined],
])("%p", (text, inForm, decoded) => expect(decodeUrl(text, inForm)).toBe(decoded));

test("all but unreserved characters are encoded", () => {
  expect(encodeUrl("aZ09-._~ /\u00e9")).toBe("aZ09-._~%20%2F%E9");
});
