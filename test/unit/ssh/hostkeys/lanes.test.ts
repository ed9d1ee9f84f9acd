/** One at a time in a lane, four in all, and nobody is forgotten. */
import { expect, test } from "bun:test";
import { Lanes } from "../../../../src/ssh/hostkeys/lanes.ts";

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("turns come in order in a lane, and few at once in all", async () => {
  const lanes = new Lanes();
  const entered: string[] = [];
  const leaving = new Map<string, () => void>();
  const enter = async (lane: string, name: string): Promise<void> => {
    const leave = await lanes.take(lane);
    entered.push(name);
    leaving.set(name, leave);
  };
  for (const lane of "abcdef") for (const number of "12") void enter(lane, `${lane}${number}`);
  await settle();
  expect(entered).toEqual(["a1", "b1", "c1", "d1"]);
  leaving.get("a1")?.();
  leaving.get("a1")?.();
  await settle();
  expect(entered.slice(4)).toEqual(["e1"]);
  for (const one of ["b1", "c1", "d1", "e1"]) leaving.get(one)?.();
  await settle();
  expect(entered.slice(5)).toEqual(["f1", "a2", "b2", "c2"]);
  for (const one of ["f1", "a2", "b2", "c2"]) leaving.get(one)?.();
  await settle();
  expect(entered.slice(9).toSorted()).toEqual(["d2", "e2", "f2"]);
  for (const one of ["d2", "e2", "f2"]) leaving.get(one)?.();
  void enter("a", "a3");
  await settle();
  expect(entered.at(-1)).toBe("a3");
});
