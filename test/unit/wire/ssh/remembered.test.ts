/** What is met often stays, whatever strangers send; and no more is kept than there is room for. */
import { expect, test } from "bun:test";
import { Remembered } from "../../../../src/wire/ssh/remembered.ts";
import { bytes, joined } from "./bytes.ts";

const find = (memory: Remembered<string>, text: string): string | undefined => {
  const room = joined(bytes("front"), bytes(text), bytes("behind"));
  return memory.find(room, 5, 5 + text.length);
};

const keep = (memory: Remembered<string>, text: string): boolean => {
  const room = joined(bytes("front"), bytes(text), bytes("behind"));
  memory.find(room, 5, 5 + text.length);
  // What comes for the first time is not kept.
  memory.keep(room, 5, 5 + text.length, text);
  const isKept = memory.keep(room, 5, 5 + text.length, text);
  room.fill(0);
  return isKept;
};

test.each([1, 33, 64, 65, 1500, 4096])("the same %d bytes are found wherever they stand, and no others", (length) => {
  const memory = new Remembered<string>({ entries: 16, longest: 4096 });
  const text = "x".repeat(length);
  expect(find(memory, text)).toBeUndefined();
  expect(keep(memory, text)).toBe(true);
  expect(find(memory, text)).toBe(text);
  for (let at = 0; at < length; at++)
    expect(find(memory, `${text.slice(0, at)}y${text.slice(at + 1)}`)).toBeUndefined();
  expect(find(memory, `${text}x`)).toBeUndefined();
});

test("what is too long is not kept", () => {
  const memory = new Remembered<string>({ entries: 4, longest: 10 });
  expect(keep(memory, "x".repeat(11))).toBe(false);
  expect(find(memory, "x".repeat(11))).toBeUndefined();
});

test("there is room for so many and no more, and whoever was not used makes way", () => {
  const memory = new Remembered<string>({ entries: 4, longest: 10 });
  for (let index = 0; index < 100; index++) expect(keep(memory, `${index}`)).toBe(true);
  const found = Array.from({ length: 100 }, (_, index) => find(memory, `${index}`)).filter((one) => one !== undefined);
  expect(found.length).toBe(4);
});

test("who sends something new each time does not push out what others use", () => {
  const memory = new Remembered<string>({ entries: 4, longest: 40 });
  const fleet = ["one", "two", "three", "four"];
  for (const one of fleet) keep(memory, one);
  let missed = 0;
  for (let round = 0; round < 10_000; round++) {
    for (const one of fleet) if (find(memory, one) === undefined) missed++;
    keep(memory, `stranger ${round}`);
  }
  expect(missed).toBe(0);
});

test("what nobody uses any more makes way for what came up", () => {
  const memory = new Remembered<string>({ entries: 4, longest: 40 });
  for (const one of ["one", "two", "three", "four"]) {
    keep(memory, one);
    for (let round = 0; round < 1000; round++) find(memory, one);
  }
  let sessions = 0;
  for (; find(memory, "new") === undefined && sessions < 1000; sessions++) keep(memory, "new");
  expect(sessions).toBeGreaterThan(10);
  expect(sessions).toBeLessThan(300);
});

test("where nobody is used, a few that take turns come to stay", () => {
  const memory = new Remembered<string>({ entries: 4, longest: 40 });
  for (let index = 0; index < 50; index++) keep(memory, `stranger ${index}`);
  const few = ["one", "two", "three", "four"];
  for (const one of few) keep(memory, one);
  expect(few.map((one) => find(memory, one))).toEqual(few);
});

test("what comes but once is not kept", () => {
  const memory = new Remembered<string>({ entries: 16, longest: 40 });
  for (const isKept of [false, true]) {
    expect(memory.find(bytes("once"), 0, 4)).toBeUndefined();
    expect(memory.keep(bytes("once"), 0, 4, "once")).toBe(isKept);
    expect(find(memory, "once")).toBe(isKept ? "once" : undefined);
  }
});
