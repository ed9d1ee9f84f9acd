/** Masks, and the narrowest network that an address is in. */
import { expect, test } from "bun:test";
import { maskIPv4, maskIPv6, NetworkIndex, parseNetwork, readMask } from "../../../../src/rules/match/network.ts";
import { str } from "../../../../src/rules/value/sample.ts";

test("masks are bits or an address", () => {
  expect([...readMask("9", 4)]).toEqual([255, 128, 0, 0]);
  expect([...readMask("255.0.255.0", 4)]).toEqual([255, 0, 255, 0]);
  expect([...readMask("12", 6)].slice(0, 3)).toEqual([255, 240, 0]);
  expect([...readMask("0", 4)]).toEqual([0, 0, 0, 0]);
  expect(() => readMask("33", 4)).toThrow("'33' is not a mask");
  expect(maskIPv4("10.255.3.4", readMask("9", 4))).toBe("10.128.0.0");
  expect(maskIPv6("2001:db8:ffff::1", readMask("33", 6))).toBe("2001:db8:8000::");
});

test.each([
  ["10.0.0.0/8", 4],
  ["10.0.0.0/255.0.0.0", 4],
  ["10.0.0.1", 4],
  ["2001:db8::/32", 6],
  ["10.0.0.0/33", null],
  ["10.0.0.0/8/8", null],
  ["10.0.0", null],
  ["::1/129", null],
] as const)("%s", (text, family) => expect(parseNetwork(text)?.family ?? null).toBe(family));

function index(...texts: readonly string[]) {
  const made = new NetworkIndex<{ readonly reference: number; readonly text: string }>();
  for (const [reference, text] of texts.entries()) made.put(text, { reference, text });
  return { made, find: (text: string): string | undefined => made.find(str(text))?.text };
}

test("the narrowest is found, the first among equals", () => {
  const { find } = index("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.9.9/16", "2001:db8::/32", "2001:db8:1::/48");
  expect(["10.1.2.3", "10.9.9.9", "192.0.2.1", "2001:db8:1::5", "2001:db8:2::5", "fe80::1", "x"].map(find)).toEqual([
    "10.1.0.0/16",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "2001:db8:1::/48",
    "2001:db8::/32",
    undefined,
    undefined,
  ]);
});

test("either family is looked for among the other's", () => {
  const { find } = index("10.0.0.0/8", "::ffff:192.0.2.0/120");
  expect(["::ffff:10.1.1.1", "2002:0a01:0101::1", "192.0.2.7", "::ffff:192.0.3.7"].map(find)).toEqual([
    "10.0.0.0/8",
    "10.0.0.0/8",
    "::ffff:192.0.2.0/120",
    undefined,
  ]);
});

test("what is taken away is found no more, and what was behind it is", () => {
  const { made, find } = index("10.0.0.0/8", "10.0.0.0/16", "2001:db8::/32");
  made.remove("10.0.0.0/16", { reference: 1, text: "" });
  made.remove("2001:db8::/32", { reference: 2, text: "" });
  expect(["10.0.0.1", "2001:db8::1"].map(find)).toEqual(["10.0.0.0/8", undefined]);
  expect(() => made.put("10", { reference: 5, text: "" })).toThrow("'10' is not a valid IPv4 or IPv6 address");
});
