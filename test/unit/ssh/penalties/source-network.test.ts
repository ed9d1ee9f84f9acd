/** Sources: one text for all addresses that are one. */
import { expect, test } from "bun:test";
import { overlapWith, sourceNetwork } from "../../../../src/ssh/penalties/source-network.ts";

const of = (host: string, prefix4 = 32, prefix6 = 64): string | null =>
  sourceNetwork({ kind: "tcp", host, port: 1 }, { prefix4, prefix6 });

test("an address is its network, written in one way", () => {
  expect(of("192.0.2.129")).toBe("192.0.2.129/32");
  expect(of("255.255.255.255", 1)).toBe("128.0.0.0/1");
  expect(of("192.0.2.129", 25)).toBe("192.0.2.128/25");
  expect(of("2001:db8:0:1:ffff::1")).toBe("2001:db8:0:1::/64");
  expect(of("2001:DB8:0:1:0:0:0:0")).toBe("2001:db8:0:1::/64");
  expect(of("2001:db8::ff", 32, 121)).toBe("2001:db8::80/121");
  expect(of("2001:db8::1", 32, 128)).toBe("2001:db8::1/128");
  // An IPv4 client of an IPv6 socket, in each way of writing it.
  for (const host of ["::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201"]) expect(of(host)).toBe("192.0.2.1/32");
  for (const host of ["", "x", "192.0.2.01", "fe80::1%lo", "constructor"]) expect(of(host)).toBeNull();
  expect(sourceNetwork({ kind: "unix", path: "/x" }, { prefix4: 32, prefix6: 64 })).toBeNull();
});

const meets = (one: string, other: string): boolean | undefined => overlapWith(one)?.(other);

test("networks meet where they have an address in common", () => {
  expect(meets("192.0.2.1", "192.0.2.1/32")).toBe(true);
  expect(meets("192.0.2.1", "192.0.2.0/24")).toBe(true);
  expect(meets("192.0.2.0/24", "192.0.2.77/32")).toBe(true);
  expect(meets("192.0.3.0/24", "192.0.2.77/32")).toBe(false);
  expect(meets("0.0.0.0/0", "2001:db8::/64")).toBe(false);
  expect(meets("2001:db8::1", "2001:db8::/64")).toBe(true);
  expect(meets("2001:db8:0:1::/64", "2001:db8::/64")).toBe(false);
  for (const text of ["", "x", "192.0.2.1/33", "1.2.3"]) expect(overlapWith(text)).toBeNull();
});
