/** Typed values and how one type becomes another. */
import { expect, test } from "bun:test";
import {
  address,
  bin,
  bool,
  canCast,
  canonicalIPv6,
  cast,
  innerIPv4,
  leadingInteger,
  type Sample,
  type SampleType,
  sint,
  str,
  toIPv4,
} from "../../../../src/rules/value/sample.ts";

const v4: Sample = { type: "ipv4", value: "10.0.0.1" };
const v6: Sample = { type: "ipv6", value: "2001:db8::1" };
const mapped: Sample = { type: "ipv6", value: "::ffff:10.0.0.1" };

const conversions: readonly (readonly [string, Sample, SampleType, unknown])[] = [
  ["true", bool(true), "sint", 1n],
  ["false", bool(false), "str", "0"],
  ["0", sint(0), "bool", false],
  ["-5", sint(-5), "str", "-5"],
  ["a number", sint(0x0a000001), "addr", "10.0.0.1"],
  ["1", sint(1), "ipv6", "::ffff:0.0.0.1"],
  ["IPv4", v4, "sint", 0x0a000001n],
  ["IPv4", v4, "ipv6", "::ffff:10.0.0.1"],
  ["a mapped IPv6", mapped, "ipv4", "10.0.0.1"],
  ["IPv6", v6, "ipv4", undefined],
  ["IPv6", v6, "str", "2001:db8::1"],
  ["'12x'", str("12x"), "sint", 12n],
  ["'0'", str("0"), "bool", false],
  ["'10.0.0.1'", str("10.0.0.1"), "addr", "10.0.0.1"],
  ["'10.0.0.1'", str("10.0.0.1"), "ipv6", "::ffff:10.0.0.1"],
  ["'::1'", str("::1"), "ipv4", undefined],
  ["'x'", str("x"), "addr", undefined],
  ["bytes up to the first 0", bin(Uint8Array.of(97, 0, 98)), "str", "a"],
  ["bytes", bin(Uint8Array.of(1)), "sint", undefined],
];

for (const [name, sample, to, value] of conversions)
  test(`${name} as ${to}`, () => expect<unknown>(cast(sample, to)?.value).toBe(value));

test("as bytes", () => {
  const bytes = [str("a\u00ff"), sint(-2), bool(true), v4].map((sample) => cast(sample, "bin"));
  expect(bytes).toEqual([
    bin(Uint8Array.of(97, 255)),
    bin(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 254)),
    bin(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1)),
    bin(Uint8Array.of(10, 0, 0, 1)),
  ]);
});

test("casts that are known not to be, before any value, are none of a value either", () => {
  const samples: readonly Sample[] = [bool(true), sint(1), v4, v6, bin(new Uint8Array(1))];
  const types: readonly SampleType[] = ["bool", "sint", "addr", "ipv4", "ipv6", "str", "bin"];
  const refused = samples.map((sample) => types.filter((to) => !canCast(sample.type, to)));
  expect(refused).toEqual([
    ["addr", "ipv4", "ipv6"],
    [],
    ["bool"],
    ["bool", "sint"],
    ["bool", "sint", "addr", "ipv4", "ipv6"],
  ]);
  for (const [at, sample] of samples.entries())
    for (const to of refused[at] ?? []) expect(cast(sample, to)).toBeUndefined();
});

test("integers are 64 bits wide: they wrap, and texts stop at the end", () => {
  expect(sint(2n ** 63n)).toMatchObject({ value: -(2n ** 63n) });
  expect(sint(1.9)).toMatchObject({ value: 1n });
  expect(sint(Number.NaN)).toMatchObject({ value: -(2n ** 63n) });
  expect(sint(5)).toBe(sint(5));
  expect(["99999999999999999999999", "-99999999999999999999", "+07x", "x", "-"].map(leadingInteger)).toEqual([
    2n ** 63n - 1n,
    -(2n ** 63n),
    7n,
    0n,
    0n,
  ]);
});

test("addresses within addresses", () => {
  expect([toIPv4("::ffff:10.0.0.1"), toIPv4("::10.0.0.1")]).toEqual(["10.0.0.1", null]);
  expect(["::ffff:10.0.0.1", "::10.0.0.1", "2002:0a00:0001::", "2001:db8::1", "x"].map(innerIPv4)).toEqual([
    "10.0.0.1",
    "10.0.0.1",
    "10.0.0.1",
    null,
    null,
  ]);
  expect(address("10.0.0.256")).toBeUndefined();
  expect(canonicalIPv6("2001:0DB8:0:0::01")).toBe("2001:db8::1");
});
