import { expect, test } from "bun:test";
import type { Event } from "../../../../../src/events.ts";
import type { Transport } from "../../../../../src/net/transport.ts";
import { type Limits, limitsOf, setLimits } from "../../../../../src/proxy/process/limits/limits.ts";
import { ProcessState } from "../../../../../src/proxy/process/process-state.ts";
import { globalPlan, onePlan, serverPlan } from "../../plans.ts";
import type { AgentPlan, ServerCheckPlan, ServerPlan } from "../../../../../src/plan/server.ts";

const ample: Limits = { descriptors: 1000, wanted: 100, maxconn: 100, pipes: 0, holds: { lingering: 0, tarpit: 0 } };

function state(told: Event[] = []): ProcessState {
  return new ProcessState({} as Transport, (event) => void told.push(event));
}

test("connections are what descriptors leave for two sockets each", () => {
  const { descriptors, wanted, maxconn } = limitsOf({}, onePlan({}, {}, { maxconn: 1000, fdHardLimit: 200 }));
  expect([descriptors, wanted]).toEqual([200, 1000]);
  expect(maxconn).toBeWithin(50, 101);
  const unasked = limitsOf({}, onePlan({}, {}, { maxconn: null, fdHardLimit: 200 }));
  expect([unasked.wanted, unasked.maxconn]).toEqual([maxconn, maxconn]);
});

/** The most connections beside fifty such servers. */
function most(one: Partial<ServerPlan>): number {
  const servers = Array.from({ length: 50 }, (_, at) => serverPlan(`s${at}`, at + 1, one));
  return limitsOf({}, onePlan({}, { servers }, { maxconn: null, fdHardLimit: 400 })).maxconn;
}

test("a server takes descriptors from connections only where it is checked or has an agent", () => {
  const check = { interMs: 1000 } as ServerCheckPlan;
  const agent = { interMs: 1000 } as AgentPlan;
  const unchecked = most({ check: null, agent: null });
  expect(most({ check, agent: null })).toBe(unchecked - 50);
  expect(most({ check, agent })).toBe(unchecked - 100);
  expect(unchecked).toBeGreaterThan(150);
});

test("pipes take what maxconn leaves over, and nothing where they are of no use", () => {
  const plan = onePlan({}, {}, { maxconn: 50, fdHardLimit: 200, splice: true, maxPipes: 5 });
  expect(limitsOf({ allowPipes: () => {} }, plan).pipes).toBe(5);
  expect(limitsOf({}, plan).pipes).toBe(0);
  expect(
    limitsOf({ allowPipes: () => {} }, onePlan({}, {}, { maxconn: 50, fdHardLimit: 200, splice: false })).pipes,
  ).toBe(0);
});

test("what an operator set stays while the plan says what it said", () => {
  const one = state();
  const plan = globalPlan({ maxConnRate: 10, maxSessRate: 20 });
  setLimits(one, ample, plan, null);
  expect([one.maxconn, one.maxConnRate, one.maxSessRate]).toEqual([100, 10, 20]);
  one.maxconn = 40;
  one.maxConnRate = 1;
  setLimits(one, ample, globalPlan({ maxConnRate: 10, maxSessRate: 21 }), plan);
  expect([one.maxconn, one.maxConnRate, one.maxSessRate]).toEqual([40, 1, 21]);
  setLimits(one, { ...ample, wanted: 90, maxconn: 90 }, plan, plan);
  expect([one.maxconn, one.hardMaxconn]).toEqual([90, 90]);
});

test("that maxconn is lowered is told", () => {
  const told: Event[] = [];
  setLimits(state(told), ample, globalPlan(), null);
  expect(told).toEqual([]);
  setLimits(state(told), { ...ample, wanted: 500 }, globalPlan(), null);
  expect(told).toEqual([
    {
      type: "notice",
      level: "warning",
      text: "maxconn lowered from 500 to 100: this process may open 1000 descriptors (ulimit -n).",
    },
  ]);
});

test("a buffer keeps room for rewriting, half of itself at most", () => {
  const one = state();
  setLimits(one, ample, globalPlan({ bufsizeBytes: 16_384, maxrewriteBytes: 1024 }), null);
  expect(one.inspectBytes).toBe(15_360);
  setLimits(one, ample, globalPlan({ bufsizeBytes: 1000, maxrewriteBytes: 1024 }), null);
  expect(one.inspectBytes).toBe(500);
});

test("of what a client of TLS offers as much is kept as the plan says", () => {
  const one = state();
  expect(one.tlsOfferBytes).toBe(0);
  setLimits(one, ample, globalPlan({ tlsOfferBytes: 96 }), null);
  expect(one.tlsOfferBytes).toBe(96);
});

test("limits of TLS are the plan's, and what an operator set of its rate stays while the plan says what it said", () => {
  const one = state();
  const plan = globalPlan({ maxSslConn: 5, maxSslRate: 7 });
  setLimits(one, ample, plan, null);
  const { use } = one.tls;
  expect([use.maxconn, use.maxRate]).toEqual([5, 7]);
  use.maxRate = 1;
  setLimits(one, ample, globalPlan({ maxSslConn: 6, maxSslRate: 7 }), plan);
  expect([use.maxconn, use.maxRate]).toEqual([6, 1]);
  setLimits(one, ample, globalPlan({ maxSslRate: 8 }), plan);
  expect([use.maxconn, use.maxRate]).toEqual([0, 8]);
});
