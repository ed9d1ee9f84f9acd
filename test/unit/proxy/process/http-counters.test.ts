import { expect, test } from "bun:test";
import { HttpCounters } from "../../../../src/proxy/process/http-counters.ts";

test("answers are counted by the class of their status", () => {
  const one = new HttpCounters();
  for (const status of [100, 200, 204, 302, 404, 503, 600, -1]) one.answered(status);
  expect(one.responses).toEqual([2, 1, 2, 1, 1, 1]);
});

test("clearing forgets the highest rate, or all but gauges", () => {
  const one = new HttpCounters();
  one.count(1000);
  one.count(1000);
  one.answered(200);
  one.connects = one.reuses = one.intercepted = one.failedRewrites = one.internalErrors = one.responseErrors = 3;
  one.compression.bytesIn = one.compression.bytesOut = one.compression.bytesPassed = one.compression.answers = 2;
  one.idle = 5;
  expect([one.requestsTotal, one.requestRate.max]).toEqual([2, 2]);
  one.clear(false);
  expect([one.requestsTotal, one.requestRate.max, one.responses[2]]).toEqual([2, 0, 1]);
  one.clear(true);
  const left = [one.connects, one.reuses, one.intercepted, one.failedRewrites, one.internalErrors, one.responseErrors];
  const { bytesIn, bytesOut, bytesPassed, answers } = one.compression;
  expect([bytesIn, bytesOut, bytesPassed, answers]).toEqual([0, 0, 0, 0]);
  expect([one.requestsTotal, one.responses[2], ...left]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(one.idle).toBe(5);
});
