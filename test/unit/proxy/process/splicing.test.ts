/** Whose bytes may stay in the kernel, and what descriptors are left for that. */
import { expect, test } from "bun:test";
import { limitsOf } from "../../../../src/proxy/process/limits/limits.ts";
import { asksForSplice, splicingOf } from "../../../../src/proxy/process/splicing.ts";
import type { GlobalPlan } from "../../../../src/plan/global.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import type { SplicePlan } from "../../../../src/plan/proxy.ts";
import { onePlan } from "../plans.ts";

const silent: SplicePlan = { request: null, response: null, auto: null };
const asks: SplicePlan = { ...silent, auto: true };
const refuses: SplicePlan = { ...silent, auto: false };

test("each direction is asked for, refused, or left alone; who asks is stronger", () => {
  expect(splicingOf(silent, silent)).toEqual({ request: null, response: null });
  expect(splicingOf(asks, silent)).toEqual({ request: true, response: true });
  expect(splicingOf(silent, refuses)).toEqual({ request: false, response: false });
  expect(splicingOf(refuses, { ...silent, response: true })).toEqual({ request: false, response: true });
  expect(splicingOf({ ...silent, request: false }, silent)).toEqual({ request: false, response: null });
  expect(splicingOf({ ...silent, request: false }, asks)).toEqual({ request: true, response: true });
});

/** 1,000 descriptors of which a plan of one listener and no server leaves 935: 467 sessions. */
function limits(splice: SplicePlan, global: Partial<GlobalPlan>): readonly number[] {
  const { maxconn, pipes } = limitsOf({ allowPipes: () => {} }, plan(splice, global));
  return [maxconn, pipes];
}

function plan(splice: SplicePlan, global: Partial<GlobalPlan>): Plan {
  return onePlan({ splice }, { servers: [] }, { fdHardLimit: 1000, ...global });
}

test("pipes take what maxconn leaves over, and no session's place", () => {
  expect(limits(silent, { maxconn: 467 })).toEqual([467, 0]);
  expect(limits(silent, { maxconn: 400 })).toEqual([400, 67]);
  expect(limits(silent, { maxconn: 400, maxPipes: 7 })).toEqual([400, 7]);
  expect(limits(silent, { maxconn: 10_000 })).toEqual([467, 0]);
  expect(limits(silent, { maxconn: 400, splice: false })).toEqual([400, 0]);
});

test("where no maxconn is given, a hundredth of many descriptors is for pipes, and none of few", () => {
  expect(limits(silent, { maxconn: null })).toEqual([467, 0]);
  expect(limits(silent, { maxconn: null, fdHardLimit: 20_000 })).toEqual([9867, 100]);
});

test("where splicing is asked for, a tenth come first", () => {
  expect(asksForSplice(plan(asks, {}))).toBe(true);
  expect(limits(asks, { maxconn: 467 })).toEqual([367, 100]);
  expect(limits(asks, { maxconn: null, maxPipes: 10 })).toEqual([457, 10]);
});

test("a transport that cannot splice gets no pipes", () => {
  expect(limitsOf({}, plan(asks, { maxconn: null }))).toMatchObject({ maxconn: 467, pipes: 0 });
});
