import { expect, test } from "bun:test";
import type { AgentPlan } from "../../../../src/plan/server.ts";
import { detourAfter, literalAddress, noDetour } from "../../../../src/proxy/check/detour.ts";

const agent: AgentPlan = { address: null, port: 1, interMs: 2000, send: "hello" };
const detour = { host: "10.0.0.1", port: 9, send: "bye" };

test("what an operator changed stays, piece by piece, while the plan says what it said", () => {
  expect(detourAfter(detour, agent, { ...agent, interMs: 5 })).toEqual(detour);
  expect(detourAfter(detour, agent, { ...agent, port: 2 })).toEqual({ ...detour, port: null });
  expect(detourAfter(detour, agent, { ...agent, send: "" })).toEqual({ ...detour, send: null });
  expect(detourAfter(detour, agent, { ...agent, address: literalAddress("10.0.0.2") })).toEqual({
    ...detour,
    host: null,
  });
});

test("it goes with the check or the agent", () => {
  expect(detourAfter(detour, agent, null)).toEqual(noDetour);
  expect(detourAfter(detour, null, agent)).toEqual(noDetour);
});
