/** Every byte is one character and comes back, in short texts and long ones, from the middle of a buffer too. */
import { expect, test } from "bun:test";
import { bytesOf, latin1 } from "../../../src/wire/latin1.ts";

const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

test.each([0, 1, 63, 64, 256])("%d bytes are as many characters, and come back", (length) => {
  const part = all.subarray(256 - length);
  const text = latin1(part);
  expect(Array.from(text, (character) => character.charCodeAt(0))).toEqual([...part]);
  expect(bytesOf(text)).toEqual(part.slice());
});

test("what only looks like UTF-8 stays as it is", () => {
  expect(latin1(Buffer.from("é"))).toBe("Ã©");
  expect(latin1(Buffer.from("é".repeat(40)))).toBe("Ã©".repeat(40));
});
