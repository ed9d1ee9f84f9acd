/** Bytes that are put together leave those that were handed out before as they were. */
import { expect, test } from "bun:test";
import { appended, joined } from "../../../src/net/buffers.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (all: Uint8Array): string => new TextDecoder().decode(all);

test("both, in order", () => {
  expect(text(joined(bytes("ab"), bytes("cd")))).toBe("abcd");
  expect(text(appended(bytes("ab"), bytes("cd")))).toBe("abcd");
});

test("one by one, most of them are not copied again", () => {
  let whole = appended(bytes("a"), bytes("b"));
  const buffers = new Set<ArrayBufferLike>();
  for (let count = 0; count < 1000; count++) {
    whole = appended(whole, bytes("c"));
    buffers.add(whole.buffer);
  }
  expect(text(whole)).toBe(`ab${"c".repeat(1000)}`);
  expect(buffers.size).toBeLessThan(12);
});

test("a buffer of somebody else's is never written to", () => {
  const roomy = bytes("ab???");
  expect(text(appended(roomy.subarray(0, 2), bytes("cd")))).toBe("abcd");
  expect(text(roomy)).toBe("ab???");
});

test("what has been consumed at the front does not come back", () => {
  const whole = appended(bytes("abc"), bytes("d"));
  expect(text(appended(whole.subarray(2), bytes("ef")))).toBe("cdef");
});
