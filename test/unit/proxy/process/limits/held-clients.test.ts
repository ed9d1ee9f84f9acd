/** How many clients may be held beside sessions, by what descriptors there are. */
import { expect, test } from "bun:test";
import type { Plan } from "../../../../../src/plan/plan.ts";
import { sshDefaults, sshGlobalDefaults } from "../../../../../src/plan/ssh/ssh.ts";
import { heldClients, lackOfDescriptors } from "../../../../../src/proxy/process/limits/held-clients.ts";
import { limitsOf } from "../../../../../src/proxy/process/limits/limits.ts";
import { sshPenaltiesDefaults, type SshPenaltiesPlan } from "../../../../../src/plan/ssh/ssh-penalties.ts";
import type { Rule } from "../../../../../src/plan/rules/rule.ts";
import { onePlan } from "../../plans.ts";

const tarpit = { action: { kind: "ssh-tarpit" }, condition: null } as unknown as Rule;

interface Asked {
  readonly isRead?: boolean;
  readonly rules?: readonly Rule[];
  readonly maxconn?: number | null;
  readonly fdHardLimit?: number;
  readonly action?: SshPenaltiesPlan["action"];
}

function plan({ isRead = true, rules = [tarpit], maxconn = null, fdHardLimit = 1000, action }: Asked = {}): Plan {
  const penalties = action === undefined ? null : { ...sshPenaltiesDefaults, action };
  return onePlan(
    { ssh: { ...sshDefaults, isRead, penalties }, connectionRules: rules },
    {},
    { maxconn, fdHardLimit, ssh: { ...sshGlobalDefaults, lingering: 60, tarpit: 30 } },
  );
}

test("only what a proxy asks for takes descriptors", () => {
  const holds = (asked: Asked): object => heldClients(plan(asked), null, 100).holds;
  expect(holds({})).toEqual({ lingering: 60, tarpit: 30 });
  expect(holds({ isRead: false })).toEqual({ lingering: 0, tarpit: 30 });
  expect(holds({ rules: [] })).toEqual({ lingering: 60, tarpit: 0 });
  expect(holds({ rules: [], action: "drop" })).toEqual({ lingering: 60, tarpit: 0 });
  expect(holds({ rules: [], action: "tarpit" })).toEqual({ lingering: 60, tarpit: 30 });
  const unasked = plan({ isRead: false, rules: [] });
  expect(limitsOf({}, unasked)).toEqual({ ...limitsOf({}, unasked), holds: { lingering: 0, tarpit: 0 } });
});

test("maxconn is not lowered for them: they have what it leaves over", () => {
  expect(heldClients(plan({ maxconn: 100 }), 1000, 100)).toEqual({ holds: { lingering: 0, tarpit: 0 }, reserved: 0 });
  expect(heldClients(plan({ maxconn: 85 }), 1000, 100)).toEqual({ holds: { lingering: 20, tarpit: 10 }, reserved: 0 });
  expect(heldClients(plan({ maxconn: 10 }), 1000, 100).holds).toEqual({ lingering: 60, tarpit: 30 });
  const most = limitsOf({}, plan({ isRead: false, rules: [] })).maxconn;
  for (const maxconn of [most - 20, most]) {
    expect(limitsOf({}, plan({ maxconn }))).toMatchObject({ wanted: maxconn, maxconn });
  }
});

test("where maxconn is left to the program, or fits in no way, they have a tenth of all descriptors at most", () => {
  const least = { holds: { lingering: 20, tarpit: 10 }, reserved: 30 };
  expect(heldClients(plan(), 300, 100)).toEqual(least);
  expect(heldClients(plan({ maxconn: 101 }), 300, 100)).toEqual(least);
  const without = limitsOf({}, plan({ isRead: false, rules: [] }));
  expect(limitsOf({}, plan()).maxconn).toBe(without.maxconn - 45);
});

function pipes(one: Plan): number {
  return limitsOf({ allowPipes: () => {} }, { ...one, global: { ...one.global, maxPipes: 1000 } }).pipes;
}

test("pipes have what they leave", () => {
  const with_ = pipes(plan({ maxconn: 300 }));
  expect(with_).toBe(pipes(plan({ maxconn: 300, isRead: false, rules: [] })) - 45);
});

function told(asked: Asked, holds: { readonly lingering: number; readonly tarpit: number }): string | null {
  return lackOfDescriptors(plan(asked), holds);
}

test("what does not work at all for want of descriptors is told of", () => {
  const none = { lingering: 0, tarpit: 0 };
  expect(told({}, none)).toContain("cannot read why they are refused, and 'ssh-tarpit' holds nobody: lower maxconn");
  expect(told({ rules: [] }, none)).not.toContain("ssh-tarpit");
  expect(told({ isRead: false }, { lingering: 1, tarpit: 0 })).not.toContain("read why");
  expect(told({}, { lingering: 1, tarpit: 1 })).toBeNull();
  expect(told({ isRead: false, rules: [] }, none)).toBeNull();
});
