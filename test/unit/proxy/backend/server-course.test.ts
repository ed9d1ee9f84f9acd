/** What of a server's course a reload keeps: whatever was set while it ran, as long as the plan says what it said. */
import { expect, test } from "bun:test";
import type { AgentPlan } from "../../../../src/plan/server.ts";
import { type Course, courseAfter, firstCourse, keepsAddress } from "../../../../src/proxy/backend/server-course.ts";
import { serverPlan } from "../plans.ts";

const agent: AgentPlan = { address: null, port: 1, interMs: 2000, send: "" };
const named = { kind: "tcp", host: "db.test", isName: true, family: null, port: 22, portOffset: 0 } as const;
const plan = serverPlan("s1", 22, { weight: 10, maxconn: 5 });

function course(own: Partial<Course> = {}, of = plan): Course {
  return { ...firstCourse(of), ...own };
}

test("it begins as its line says; a name has no address yet, and a service no name", () => {
  expect(firstCourse(plan)).toMatchObject({
    userWeight: 10,
    maxconn: 5,
    address: { kind: "tcp", host: "127.0.0.1", port: 22 },
    hostName: null,
  });
  expect(firstCourse(serverPlan("s1", 22, { address: named }))).toMatchObject({ address: null, hostName: "db.test" });
  const service = { ...named, host: "_ssh._tcp.test" };
  expect(firstCourse(serverPlan("s1", 22, { address: service }))).toMatchObject({ address: null, hostName: null });
});

test("an operator's weight and limit stay until the line says another", () => {
  const former = course({ userWeight: 3, weightBy: "operator", maxconn: 9, maxconnBy: "operator" });
  const kept = { userWeight: 3, weightBy: "operator", maxconn: 9, maxconnBy: "operator" } as const;
  expect(courseAfter({ ...plan, backup: true }, plan, former)).toMatchObject(kept);
  const next = courseAfter({ ...plan, weight: 11, maxconn: 6 }, plan, former);
  expect(next).toMatchObject({ userWeight: 11, weightBy: null, maxconn: 6, maxconnBy: null });
});

test("an agent's word goes with the agent", () => {
  const before = { ...plan, agent };
  const former = course({ userWeight: 3, weightBy: "agent", maxconn: 9, maxconnBy: "agent" });
  Object.assign(former.standing, { agentDown: true, health: "down", forcedMaint: true, forcedBy: "agent" });
  const still = courseAfter(before, before, former);
  expect(still).toMatchObject({ userWeight: 3, maxconn: 9 });
  expect(still.standing).toMatchObject({ agentDown: true, health: "down", forcedMaint: true });
  const without = courseAfter(plan, before, former);
  expect(without).toMatchObject({ userWeight: 10, weightBy: null, maxconn: 5, maxconnBy: null });
  expect(without.standing).toMatchObject({ agentDown: false, health: "up", forcedMaint: false });
});

test("what a line disables or enables anew counts, whatever an operator made of it before", () => {
  const former = course({}, { ...plan, disabled: true });
  former.standing.configuredMaint = false;
  const disabled = { ...plan, disabled: true };
  expect(courseAfter(disabled, disabled, former).standing.configuredMaint).toBe(false);
  expect(courseAfter(disabled, plan, former).standing.configuredMaint).toBe(true);
});

test("it stays where it is while its address is the same, but for an operator's name without resolvers", () => {
  const before = { ...plan, address: named, resolvers: "dns" };
  const moved = { kind: "tcp", host: "10.0.0.9", port: 22 } as const;
  const former = course({ address: moved, addressBy: "operator", hostName: "other.test", isRenamed: true }, before);
  expect(courseAfter(before, before, former)).toMatchObject({ address: moved, hostName: "other.test" });
  expect(keepsAddress({ ...before, resolvers: null }, before, former)).toBe(false);
  const next = courseAfter({ ...before, resolvers: null }, before, former);
  expect(next).toMatchObject({ address: null, addressBy: null, hostName: "db.test", isRenamed: false });
  expect(courseAfter(plan, before, former).address).toEqual({ kind: "tcp", host: "127.0.0.1", port: 22 });
});

test("health begins anew where a check comes or goes, and slow start ends where it is not wanted", () => {
  const former = course({ warmingSince: 5 });
  former.standing.health = "down";
  const check = { address: null, port: null } as unknown as NonNullable<typeof plan.check>;
  expect(courseAfter(plan, plan, former).standing.health).toBe("down");
  expect(courseAfter({ ...plan, check }, plan, former).standing.health).toBe("up");
  expect(courseAfter(plan, plan, former).warmingSince).toBeNull();
  expect(courseAfter({ ...plan, slowstartMs: 1000 }, plan, former).warmingSince).toBe(5);
});

test("what was learnt of its PROXY headers stays while it is sent the same", () => {
  const learnt = { hint: "a hint", hasFittingHeaders: true };
  expect(courseAfter({ ...plan, backup: true }, plan, course(learnt))).toMatchObject(learnt);
  const proxyHeader = { version: 2, options: [], tlvs: [] } as const;
  const forgotten = { hint: null, hasFittingHeaders: false };
  expect(courseAfter({ ...plan, proxyHeader }, plan, course(learnt))).toMatchObject(forgotten);
  expect(courseAfter(serverPlan("s1", 23), plan, course(learnt))).toMatchObject(forgotten);
});
