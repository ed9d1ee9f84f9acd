/** Literal addresses and networks. */
import { expect, test } from "bun:test";
import { isIpv4, isIpv6, isNetwork } from "../../../../src/config/text/ip-text.ts";

test.each([
  ["0.0.0.0", true],
  ["255.255.255.255", true],
  ["256.0.0.1", false],
  ["1.2.3", false],
  ["1.2.3.4.", false],
  ["01.2.3.4", false],
])("%s as IPv4: %p", (text, expected) => expect(isIpv4(text)).toBe(expected));

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
])("%s as IPv6: %p", (text, expected) => expect(isIpv6(text)).toBe(expected));

test.each([
  ["10.0.0.0/8", true],
  ["10/8", true],
  ["10.1/255.255.0.0", true],
  ["10.1", false],
  ["10.0.0.0/33", false],
  ["::/128", true],
  ["::/129", false],
  ["::/255.0.0.0", false],
  ["host", false],
])("%s as a network: %p", (text, expected) => expect(isNetwork(text)).toBe(expected));
