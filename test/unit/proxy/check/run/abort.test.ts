import { expect, test } from "bun:test";
import { Abort } from "../../../../../src/proxy/check/run/abort.ts";

test("whoever runs is told once, the last one alone, and at once where it has been given up", () => {
  const told: string[] = [];
  const one = (name: string) => ({ cancel: () => void told.push(name) });
  const abort = new Abort();
  abort.running = one("former");
  abort.running = one("current");
  expect(abort.isAborted).toBe(false);
  abort.abort();
  abort.abort();
  abort.running = one("late");
  abort.running = null;
  expect([abort.isAborted, told]).toEqual([true, ["current", "late"]]);
});
