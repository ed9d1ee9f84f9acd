/** Networks as patterns take them. */
import { expect, test } from "bun:test";
import { isNetwork } from "../../../../src/config/text/ip-text.ts";

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
  ["::1", true],
  ["10.0.0.1", true],
  ["10.0.0.256", false],
  ["10.0.0.0/255.0.0", false],
  ["10.0.0.0/", false],
])("%s as a network: %p", (text, expected) => expect(isNetwork(text)).toBe(expected));
