/** Forwarders are known for ten minutes, and so many of them. */
import { expect, test } from "bun:test";
import { Bearers } from "../../../../src/ssh/penalties/bearers.ts";

test("one is known for ten minutes from the last header on", () => {
  const bearers = new Bearers();
  bearers.note("a", 0);
  bearers.note("a", 1000);
  expect([bearers.has("a", 600_999), bearers.has("a", 601_000), bearers.has("b", 0)]).toEqual([true, false, false]);
});

test("whoever has sent none for longest goes", () => {
  const bearers = new Bearers();
  bearers.note("first", 0);
  bearers.note("second", 0);
  bearers.note("first", 0);
  for (let at = 0; at < 1023; at++) bearers.note(`other${at}`, 0);
  expect([bearers.has("first", 0), bearers.has("second", 0)]).toEqual([true, false]);
});
