/** Literal addresses: what inet_pton(3) takes, and what inet_ntop(3) writes. */
import { expect, test } from "bun:test";
import { formatIPv4, formatIPv6, ipv4Number, isIPv4, isIPv6, parseIPv4, parseIPv6 } from "../../src/ip-literal.ts";

const round = (text: string) => {
  const bytes = parseIPv4(text);
  return bytes && formatIPv4(bytes);
};

test("IPv4 is four decimal numbers", () => {
  expect(["0.0.0.0", "255.255.255.255", "10.1.2.3"].map(round)).toEqual(["0.0.0.0", "255.255.255.255", "10.1.2.3"]);
  expect(["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", "1.2.3.4 "].map(round)).toEqual(
    Array.from({ length: 7 }, () => null),
  );
});

test("IPv6 comes out as inet_ntop(3) writes it", () => {
  const rows: [string, string | null][] = [
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["1:0:2:0:0:3:0:0", "1:0:2::3:0:0"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
    ["::1.2.3.4", "::1.2.3.4"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ["1:2:3:4:5:6:7", null],
    ["1:2:3:4:5:6:7:8:9", null],
    ["1::2::3", null],
    ["::12345", null],
    ["1.2.3.4::", null],
    ["1:2:3:4:5:6:7:1.2.3.4", null],
    [":1", null],
    ["fe80::1%eth0", null],
    ["", null],
  ];
  const seen = rows.map(([text]) => {
    const bytes = parseIPv6(text);
    return [text, bytes && formatIPv6(bytes)];
  });
  expect(seen).toEqual(rows);
});

test.each([
  ["0.0.0.0", true],
  ["255.255.255.255", true],
  ["256.0.0.1", false],
  ["1.2.3", false],
  ["1.2.3.4.", false],
  ["01.2.3.4", false],
])("%s as IPv4: %p", (text, expected) => expect(isIPv4(text)).toBe(expected));

test.each([
  ["::", true],
  ["::1", true],
  ["1:2:3:4:5:6:7:8", true],
  ["1:2:3:4:5:6:7", false],
  ["1:2:3:4:5:6:7::", true],
  ["1::2::3", false],
  ["1:2:3:4::5:6:7:8", false],
  ["12345::", false],
  ["::ffff:10.0.0.1", true],
  ["::ffff:10.0.0.256", false],
  ["::10.0.0.1:1", false],
  ["[::1]", false],
  ["1.2.3.4", false],
])("%s as IPv6: %p", (text, expected) => expect(isIPv6(text)).toBe(expected));

test("a dotted quad is a number, the first part the greatest", () => {
  expect(["255.0.0.1", "0.0.1.0", "1.2.3"].map(ipv4Number)).toEqual([0xff000001, 256, -1]);
});

test("addresses stand anywhere in a buffer", () => {
  const bytes = Uint8Array.from([9, 9, ...parseIPv6("2001:db8::5")!, 10, 1, 2, 3]);
  expect([formatIPv6(bytes, 2), formatIPv4(bytes, 18)]).toEqual(["2001:db8::5", "10.1.2.3"]);
  expect(formatIPv6(Uint8Array.from([9, ...parseIPv6("::ffff:10.1.2.3")!]), 1)).toBe("::ffff:10.1.2.3");
});
