/** Arguments of fetches and converters by type. */
import { expect, test } from "bun:test";
import { argumentValue } from "../../../../src/config/expressions/argument-values.ts";

test.each([
  ["integer", "-5", -5],
  ["integer", "99999999999999999999", 2 ** 63 - 1024],
  ["string", "", ""],
  ["table", "t", "t"],
  ["IPv4 address", "10.0.0.1", "10.0.0.1"],
  ["IPv6 address", "::1", "::1"],
  ["IPv4 mask", "32", "32"],
  ["IPv4 mask", "255.0.255.0", "255.0.255.0"],
  ["IPv6 mask", "128", "128"],
  ["number or variable", "7", 7],
  ["number or variable", "sess.x", "sess.x"],
  ["Protocol buffers field number", "1.2", "1.2"],
] as const)("%s '%s'", (type, text, value) => expect(argumentValue(text, type, 0)).toBe(value));

test.each([
  ["integer", "", "expected type 'integer' at position 2, but got nothing"],
  ["integer", "5x", "failed to parse '5x' as type 'integer' at position 2"],
  ["IPv4 address", "::1", "failed to parse '::1' as type 'IPv4 address' at position 2"],
  ["IPv6 address", "10.0.0.1", "failed to parse '10.0.0.1' as type 'IPv6 address' at position 2"],
  ["IPv4 mask", "33", "failed to parse '33' as type 'IPv4 mask' at position 2"],
  ["IPv6 mask", "129", "failed to parse '129' as type 'IPv6 mask' at position 2"],
  ["number or variable", "", "expected type 'string' at position 2, but got nothing"],
  ["number or variable", "x", "expects an integer or a variable name"],
] as const)("%s '%s' is refused", (type, text, message) => {
  expect(() => argumentValue(text, type, 1)).toThrow(message);
});
