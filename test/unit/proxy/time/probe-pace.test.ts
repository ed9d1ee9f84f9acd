import { expect, test } from "bun:test";
import { ProbePace, probePaceMs } from "../../../../src/proxy/time/probe-pace.ts";

test("probes of a server are two seconds apart", () => {
  const pace = new ProbePace();
  expect(pace.waitMs(0)).toBe(0);
  pace.begin(1000);
  expect([pace.waitMs(1000), pace.waitMs(2500), pace.waitMs(1000 + probePaceMs)]).toEqual([probePaceMs, 500, 0]);
});

test("a server that wants to be left alone is, and nothing shortens that", () => {
  const pace = new ProbePace();
  pace.rest(0, 15_000);
  pace.begin(1000);
  expect([pace.waitMs(1000), pace.waitMs(15_000)]).toEqual([14_000, 0]);
});
