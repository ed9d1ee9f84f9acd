import { expect, test } from "bun:test";
import { algorithmOf, algorithms, plainAlgorithms } from "../../../../src/proxy/balance/algorithms.ts";

const mapBased = { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 } as const;
const consistent = { ...mapBased, method: "consistent" } as const;

/** By both ways to hash. */
function isDynamic(word: string): boolean[] {
  return [mapBased, consistent].map((hash) => algorithmOf({ algorithm: word }).isDynamic(hash));
}

test("each word makes a balancer of its own, which knows nobody yet", () => {
  for (const [word, algorithm] of algorithms) {
    const [one, other] = [mapBased, mapBased].map((hash) => algorithm.make({ algorithm: word }, hash));
    expect(one).not.toBe(other);
    expect(one?.pick(null, null)).toBeNull();
  }
});

test("the words that stand alone are in the order of help", () => {
  expect(plainAlgorithms).toEqual(["roundrobin", "static-rr", "leastconn", "first", "source"]);
});

test("weights change while running, except in fixed turns and where a key is an index into them", () => {
  expect(isDynamic("static-rr")).toEqual([false, false]);
  for (const word of ["source", "hash", "uri", "url_param", "hdr"]) expect(isDynamic(word)).toEqual([false, true]);
  for (const word of ["roundrobin", "leastconn", "first", "random"]) expect(isDynamic(word)).toEqual([true, true]);
});

test("a word that is none is refused, be it one that every object has", () => {
  for (const word of ["", "constructor", "urp"]) expect(() => algorithmOf({ algorithm: word })).toThrow(word);
});
