import { expect, test } from "bun:test";
import { Places, type Watched } from "../../../../../src/net/epoll/turn/places.ts";

const somebody = (): Watched => ({ ready: () => undefined });

test("a place is its holder's until it is left, and what is told of it then is for nobody", () => {
  const places = new Places(0);
  const [one, other, third] = [somebody(), somebody(), somebody()];
  const place = places.take(one);
  const generation = places.generation(place);
  expect(places.at(place, generation)).toBe(one);
  expect(places.take(other)).not.toBe(place);
  places.hand(place, third);
  expect(places.at(place, generation)).toBe(third);
  places.leave(place);
  expect(places.at(place, generation)).toBeUndefined();
  expect(places.take(one)).toBe(place);
  expect(places.at(place, generation)).toBeUndefined();
  expect(places.at(place, places.generation(place))).toBe(one);
  expect(places.at(-1, 0)).toBeUndefined();
  expect(places.at(99, 1)).toBeUndefined();
});

test("generations are whole numbers of 32 bits, however often a place is used", () => {
  const places = new Places(2 ** 31 - 2);
  const seen = Array.from({ length: 4 }, () => {
    const place = places.take(somebody());
    const generation = places.generation(place);
    places.leave(place);
    return generation;
  });
  expect(seen).toEqual([2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1, -(2 ** 31) + 2]);
});
