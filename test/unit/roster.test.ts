/** Members that come and go. */
import { expect, test } from "bun:test";
import { fullGC } from "bun:jsc";
import { type Membership, Roster } from "../../src/roster.ts";
import { heldAfter } from "../young.ts";

test("all who are there are seen, in the order in which they came, whoever leaves in between", () => {
  const roster = new Roster<number>();
  const places = new Map<number, Membership<number>>();
  let random = 1;
  for (let at = 0; at < 5000; at++) {
    places.set(at, roster.add(at));
    random = (random * 48_271) % 2_147_483_647;
    const gone = [...places.keys()][random % places.size] as number;
    if (random % 3 !== 0) {
      places.get(gone)?.end();
      places.get(gone)?.end();
      places.delete(gone);
    }
    expect(roster.size).toBe(places.size);
    expect(roster.first).toBe([...places.keys()][0] ?? null);
    if (at % 50 === 0) expect([...roster]).toEqual([...places.keys()]);
  }
  for (const place of places.values()) place.end();
  expect([roster.size, roster.first, [...roster]]).toEqual([0, null, []]);
});

test("who comes or leaves while somebody looks is seen or not, and nobody else is left out or seen twice", () => {
  const roster = new Roster<number>();
  const places = Array.from({ length: 200 }, (_, at) => roster.add(at));
  const seen: number[] = [];
  for (const one of roster) {
    seen.push(one);
    if (one === 0) for (let at = 100; at < 200; at++) places[at]?.end();
    if (one === 50) for (let at = 0; at < 60; at++) places[at]?.end();
  }
  expect(seen).toEqual([
    ...Array.from({ length: 51 }, (_, at) => at),
    ...Array.from({ length: 40 }, (_, at) => 60 + at),
  ]);
  expect(roster.first).toBe(60);
});

test("a place tells whether its member is there", () => {
  const place = new Roster<string>().add("one");
  expect(place.one).toBe("one");
  place.end();
  expect(place.one).toBeNull();
});

test("whoever has left is found to be gone by a young collection", async () => {
  const roster = new Roster<object>();
  const held = await heldAfter(10_000, (one) => {
    const place = roster.add(one);
    return () => place.end();
  });
  expect(held).toBeLessThan(500);
});

test("places of those who have left are given up, however many come", async () => {
  const roster = new Roster<number>();
  const stays = roster.add(-1);
  const places = Array.from({ length: 10_000 }, (_, at) => {
    const place = roster.add(at);
    place.end();
    return new WeakRef(place);
  });
  // What a WeakRef was made of stays for as long as a turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  fullGC();
  expect(places.filter((one) => one.deref() !== undefined).length).toBeLessThan(200);
  expect([...roster]).toEqual([-1]);
  stays.end();
});
