/** Faults are told once for each place, in lines that no client can make many or long. */
import { expect, test } from "bun:test";
import { Faults } from "../../src/faults.ts";

function thrown(message: string): Error {
  return new Error(message);
}

test("the same place is told once, whatever was wrong there", () => {
  const told: string[] = [];
  const faults = new Faults((text) => void told.push(text));
  for (let left = 1000; left > 0; left--)
    faults.note(thrown(`${left}\n    at client (x:${left}:1) ${"x".repeat(1000)}`), "here");
  expect([told.length, faults.count]).toEqual([1, 1000]);
  expect(told[0]).toStartWith("internal error here, please report it: Error: 1000 at client (x:1000:1) xxx");
  expect(told[0]).toContain("faults.test.ts:");
  expect(told[0]?.includes("\n")).toBe(false);
});

test("so many places and no more", () => {
  const told: string[] = [];
  const faults = new Faults((text) => void told.push(text));
  for (let at = 0; at < 1000; at++) faults.note("no error", `at ${at}`);
  expect(told.length).toBe(257);
  expect(told.at(-1)).toBe("internal errors at too many places: no further one is told");
});

test("who tells may throw, and anything may be thrown", () => {
  const faults = new Faults(() => {
    throw new Error("nobody listens");
  });
  const endless = Object.defineProperty({}, "toString", {
    value() {
      throw new Error("no text");
    },
  });
  for (const one of [undefined, null, 1, "x", Symbol("x"), endless, new Error("x")]) faults.note(one, "here");
  expect(faults.count).toBe(7);
});
