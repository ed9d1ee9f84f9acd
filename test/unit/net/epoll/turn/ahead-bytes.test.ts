/** What was read for a connection before it heard of it: taken first, whole or in parts, and kept when its turn is over. */
import { expect, test } from "bun:test";
import { Ahead, AheadBytes, aheadBytes } from "../../../../../src/net/epoll/turn/ahead-bytes.ts";
import type { SocketCalls } from "../../../../../src/net/libc/socket-calls.ts";

const ECONNRESET = 104;

/** A slot with this in it, or with what a recv gave instead, and memory that others use afterwards. */
function slot(what: string | number): { bytes: AheadBytes; memory: Uint8Array } {
  const memory = new Uint8Array(aheadBytes);
  const bytes = new AheadBytes(memory, -1, 0);
  bytes.fill(0, typeof what === "number" ? what : Buffer.from(memory.buffer).write(what));
  return { bytes, memory };
}

/** Takes up to so many; a text, or what was told in its place. */
function take(ahead: Ahead, room: number): string | number {
  const into = new Uint8Array(room);
  const calls = {
    recv: (_fd: number, bytes: Uint8Array) => Buffer.from(bytes.buffer).write("new"),
  } as unknown as SocketCalls;
  const count = ahead.recv(calls, 3, into);
  return count <= 0 ? count : Buffer.from(into.subarray(0, count)).toString();
}

test("what is there is taken before anything is read, in parts as well", () => {
  const ahead = new Ahead();
  expect([ahead.isThere, ahead.isWanted, take(ahead, 9)]).toEqual([false, true, "new"]);
  ahead.give(slot("ahead").bytes);
  expect([ahead.isThere, ahead.isWanted]).toEqual([true, false]);
  expect([take(ahead, 2), ahead.isThere, take(ahead, 9), ahead.isThere, take(ahead, 9)]).toEqual([
    "ah",
    true,
    "ead",
    false,
    "new",
  ]);
  for (const end of [0, -ECONNRESET]) {
    ahead.give(slot(end).bytes);
    expect([take(ahead, 9), ahead.isThere]).toEqual([end, false]);
  }
  ahead.give(slot("forgotten").bytes);
  ahead.forget();
  expect(take(ahead, 9)).toBe("new");
});

test("what is kept is a copy, and the last read of it is not the last of all", () => {
  const ahead = new Ahead();
  const { bytes, memory } = slot("kept for later");
  ahead.give(bytes);
  expect([take(ahead, 5), ahead.isCut]).toEqual(["kept ", false]);
  ahead.keep();
  memory.fill(63);
  expect([ahead.isCut, take(ahead, 99)]).toEqual([true, "for later"]);
  ahead.keep();
  expect(ahead.isThere).toBe(false);
});

test("who has brought more than is read ahead is not read for, until all that there is is less", () => {
  const ahead = new Ahead();
  ahead.give(slot("x".repeat(aheadBytes)).bytes);
  expect(ahead.isCut).toBe(true);
  take(ahead, aheadBytes);
  expect(ahead.isWanted).toBe(false);
  ahead.came(aheadBytes);
  expect(ahead.isWanted).toBe(false);
  ahead.came(aheadBytes - 1);
  expect(ahead.isWanted).toBe(true);
});
