import { expect, test } from "bun:test";
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from "../../../src/wire/address.ts";

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
