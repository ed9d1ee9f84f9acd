/** Where a server's lines end: behind its identification, whatever follows. */
import { expect, test } from "bun:test";
import { linesEnd } from "../../../../src/wire/ssh/lines-end.ts";

test.each([
  ["", 0],
  ["SSH-2.0-x", 0],
  ["SSH-2.0-x\n", 10],
  ["SSH-2.0-x\r\n\0\0\n\0", 11],
  ["hello\r\nSSH-2.0-x\r\nmore\n", 18],
  ["hello SSH-2.0-x\n", 0],
  ["hello\nSSH-2.0-x", 0],
  ["\n\n\nSSH-\n", 8],
] as const)("%j: %d", (text, end) => {
  expect(linesEnd(Buffer.from(text))).toBe(end);
});
