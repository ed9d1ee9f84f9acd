/** Entries by key. */
import { expect, test } from "bun:test";
import { Buckets } from "../../../../src/rules/match/buckets.ts";

interface Entry {
  readonly reference: number;
  readonly text: string;
}

const entry = (reference: number, text = ""): Entry => ({ reference, text });

test("several of one key are kept in the order in which they came", () => {
  const buckets = new Buckets<string, Entry>();
  const isFirst = [buckets.put("a", entry(1)), buckets.put("a", entry(2)), buckets.put("b", entry(3))];
  expect(isFirst).toEqual([true, false, true]);
  expect(buckets.first("a")).toEqual(entry(1));
  expect([...buckets.all("a")]).toEqual([entry(1), entry(2)]);
  expect([...buckets.all("none")]).toEqual([]);
  expect(buckets.size).toBe(2);
});

test("an entry takes the place of the one with its reference", () => {
  const buckets = new Buckets<string, Entry>();
  buckets.put("a", entry(1));
  expect(buckets.put("a", entry(1, "new"))).toBe(false);
  expect([...buckets.all("a")]).toEqual([entry(1, "new")]);
  buckets.put("a", entry(2));
  buckets.put("a", entry(1, "newer"));
  expect([...buckets.all("a")]).toEqual([entry(1, "newer"), entry(2)]);
});

test("a key goes with its last entry, and with no other's", () => {
  const buckets = new Buckets<string, Entry>();
  for (const one of [1, 2]) buckets.put("a", entry(one));
  expect(buckets.remove("a", entry(1))).toBe(false);
  expect(buckets.first("a")).toEqual(entry(2));
  expect(buckets.remove("a", entry(2))).toBe(true);
  buckets.put("b", entry(3));
  expect(buckets.remove("b", entry(4))).toBe(false);
  expect(buckets.size).toBe(1);
});
