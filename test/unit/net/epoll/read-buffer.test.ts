/** Less is read at a time while much is kept, for all connections together. */
import { expect, test } from "bun:test";
import { countKept, readBuffer, roomOf, roomToRead } from "../../../../src/net/epoll/read-buffer.ts";

test("what is kept makes reads small until it has gone", () => {
  const much = 40 * 1024 * 1024;
  expect(roomToRead()).toBe(readBuffer);
  countKept(much);
  const { length } = roomToRead();
  countKept(-much);
  expect(length).toBeLessThan(readBuffer.length / 10);
  expect(roomToRead()).toBe(readBuffer);
});

test("room is as much as was asked for, in the one buffer", () => {
  for (const bytes of [5, 5, 70_000, readBuffer.length]) {
    expect(roomOf(bytes)).toHaveLength(bytes);
    expect(roomOf(bytes).buffer).toBe(readBuffer.buffer);
  }
});
