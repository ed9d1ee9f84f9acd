/** What was read for a connection before it heard of it: taken whole or in parts, and kept when its turn is over. */
import { expect, test } from "bun:test";
import { AheadBytes, aheadBytes } from "../../../../../src/net/epoll/turn/ahead-bytes.ts";

const ECONNRESET = 104;

/** A slot with this in it, or with what a recv gave instead, and memory that others use afterwards. */
function slot(what: string | number): { bytes: AheadBytes; memory: Uint8Array } {
  const memory = new Uint8Array(aheadBytes);
  const bytes = new AheadBytes(memory, -1, 0);
  bytes.fill(0, typeof what === "number" ? what : Buffer.from(memory.buffer).write(what));
  return { bytes, memory };
}

/** Takes up to so many; a text, or what was told in its place. */
function take(bytes: AheadBytes, room: number): string | number {
  const into = new Uint8Array(room);
  const count = bytes.take(into);
  return count <= 0 ? count : Buffer.from(into.subarray(0, count)).toString();
}

test("what is there is taken, in parts as well, and an end once", () => {
  const { bytes } = slot("ahead");
  expect([bytes.isTaken, take(bytes, 2), bytes.isTaken, take(bytes, 9), bytes.isTaken]).toEqual([
    false,
    "ah",
    false,
    "ead",
    true,
  ]);
  for (const end of [0, -ECONNRESET]) {
    const { bytes: last } = slot(end);
    expect([last.isTaken, take(last, 9), last.isTaken]).toEqual([false, end, true]);
  }
});

test("what is kept is a copy, and the last read of it is not the last of all", () => {
  const { bytes, memory } = slot("kept for later");
  expect([take(bytes, 5), bytes.isCut]).toEqual(["kept ", false]);
  const kept = bytes.kept();
  memory.fill(63);
  expect([kept.isCut, take(kept, 99), kept.isTaken]).toEqual([true, "for later", true]);
});

test("of as many as are read ahead at most more may be there", () => {
  for (const [length, isCut] of [
    [aheadBytes, true],
    [aheadBytes - 1, false],
  ] as const)
    expect(slot("x".repeat(length)).bytes.isCut).toBe(isCut);
});
