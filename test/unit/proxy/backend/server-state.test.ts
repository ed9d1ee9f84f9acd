/** Who may take a server out, and who may put it back: HAProxy 2.6's rules. */
import { expect, test } from "bun:test";
import {
  checked,
  firstStanding,
  force,
  heard,
  isInMaintenance,
  leaveMaintenance,
  type Monitoring,
  type Standing,
} from "../../../../src/proxy/backend/server-state.ts";

function monitoring(isCheckUp: boolean | null, isAgentAsked = false): Monitoring & { revived: number } {
  return {
    isCheckUp,
    isAgentAsked,
    revived: 0,
    revive() {
      this.revived += 1;
    },
  };
}

test("what the file disables, an operator or an agent lifts, and maintenance keeps", () => {
  const one = firstStanding(true);
  expect(isInMaintenance(one)).toBe(true);
  force(one, "maint", "operator");
  expect([one.configuredMaint, one.forcedMaint]).toEqual([true, true]);
  force(one, "drain", "agent");
  expect(isInMaintenance(one)).toBe(false);
  expect([one.configuredMaint, one.forcedDrain, one.forcedBy]).toEqual([false, true, "agent"]);
  force(one, "ready", "operator");
  expect([one.forcedDrain, one.forcedBy]).toEqual([false, "operator"]);
  one.unresolved = true;
  expect(isInMaintenance(one)).toBe(true);
});

test("a check that failed takes it down once enough have", () => {
  const one = firstStanding(false);
  checked(one, monitoring(true), false, false);
  expect(one.health).toBe("up");
  checked(one, monitoring(false), false, false);
  expect(one.health).toBe("down");
  checked(one, monitoring(false), true, false);
  expect(one.health).toBe("down");
  checked(one, monitoring(true), true, true);
  expect(one.health).toBe("stopping");
  checked(one, monitoring(true), true, false);
  expect(one.health).toBe("up");
});

test("what its agent took down no check puts back, as long as it is asked", () => {
  const one = firstStanding(false);
  heard(one, monitoring(true, true), "down");
  checked(one, monitoring(true, true), true, false);
  expect(one.health).toBe("down");
  checked(one, monitoring(true, false), true, false);
  expect(one.health).toBe("up");
});

test("an agent's word of up does not outweigh a check", () => {
  const one = firstStanding(false);
  Object.assign(one, { health: "down" });
  heard(one, monitoring(false, true), "up");
  expect(one.health).toBe("down");
  heard(one, monitoring(null, true), "up");
  expect(one.health).toBe("up");
  Object.assign(one, { health: "stopping" });
  heard(one, monitoring(true, true), "up");
  expect(one.health).toBe("stopping");
});

test("out of maintenance it is up, and checked as at a start; its agent's last word holds", () => {
  const one = Object.assign(firstStanding(true), { health: "down" } as Partial<Standing>);
  const asked = monitoring(true, true);
  leaveMaintenance(one, asked);
  expect([one.health, asked.revived]).toEqual(["up", 1]);
  one.agentDown = true;
  leaveMaintenance(one, asked);
  expect(one.health).toBe("down");
  leaveMaintenance(one, null);
  expect(one.health).toBe("up");
});
