import { expect, test } from "bun:test";
import { type Idle, IdleList } from "../../../../src/http/server/idle-list.ts";

class One implements Idle<One> {
  idleBefore: One | null = null;
  idleBehind: One | null = null;
  isListed = false;

  constructor(readonly name: string) {}
}

function names(list: IdleList<One>): string {
  let text = "";
  for (let one = list.first; one !== null; one = one.idleBehind) text += one.name;
  return text;
}

test("who came first is first, whoever goes from where", () => {
  const all = [..."abcde"].map((name) => new One(name));
  const [a, b, c, d, e] = all as [One, One, One, One, One];
  const list = new IdleList<One>();
  for (const one of all) list.add(one);
  expect([names(list), list.length]).toEqual(["abcde", 5]);
  for (const one of [c, a, e]) expect(list.remove(one)).toBe(true);
  expect([names(list), list.length]).toEqual(["bd", 2]);
  list.add(a);
  expect(names(list)).toBe("bda");
  for (const one of [b, d, a]) list.remove(one);
  expect([list.first, list.length]).toEqual([null, 0]);
  list.add(d);
  expect(names(list)).toBe("d");
});

test("who is in no list is not taken out of one", () => {
  const list = new IdleList<One>();
  const one = new One("a");
  expect(list.remove(one)).toBe(false);
  list.add(one);
  expect([list.remove(one), list.remove(one), list.length]).toEqual([true, false, 0]);
});
