/** Maintenance of proxies: who is refused, who goes on, what is told of it, and what a reload keeps. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { SshPlace } from "../../../../src/proxy/process/ssh-place.ts";
import { sshDefaults } from "../../../../src/plan/ssh/ssh.ts";
import { transport } from "../../../transport.ts";
import { bindPlan, frontendPlan, onePlan, serverPlan } from "../plans.ts";
import { Scene } from "../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Notes what it is to tell those who are refused. */
function teller(): { readonly told: unknown[]; readonly ssh: SshPlace } {
  const told: unknown[] = [];
  const ssh = {
    refuse({ lastWord, client }: Parameters<SshPlace["refuse"]>[0], refusal: unknown) {
      told.push([lastWord, refusal]);
      client.close();
      return true;
    },
    allow() {},
    renew() {},
    retire() {},
    cutOff() {},
    lingering: 0,
    onLingered: null,
    read: () => ({ facts: null, fromClient: () => false, fromServer: () => false, ended() {} }),
    readHeld: () => ({ facts: null, fromClient: () => false, fromServer: () => false, ended() {} }),
  } as unknown as SshPlace;
  return { told, ssh };
}

const isRead = { ssh: { ...sshDefaults, isRead: true } };

for (const [what, name, phase] of [
  ["a frontend's", "fe", "R"],
  ["a backend's", "be", "C"],
] as const) {
  test(`${what} new sessions are refused with the text, and those that run go on`, async () => {
    const { told, ssh } = teller();
    await using scene = new Scene(transport, undefined, { ssh });
    await scene.apply(onePlan(isRead, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
    const before = await scene.open();
    await scene.until(() => before.received === "hi");
    expect(scene.proxy.operator.setMaintenance(name, "back at 14:00", "by a test")).toBe(null);
    const refused = await scene.open();
    await refused.ended;
    expect(refused.received).toBe("");
    expect(told).toEqual([
      [
        { text: "back at 14:00", code: 7 },
        { cause: "K", phase },
      ],
    ]);
    before.socket.write("!");
    await scene.until(() => before.received === "hi!");
    expect(scene.proxy.operator.setMaintenance(name, null, "by a test")).toBe(null);
    const after = await scene.open();
    await scene.until(() => after.received === "hi");
    for (const one of [before, after]) one.socket.end();
    await scene.until(() => scene.records.length === 3);
    expect(scene.records.map((one) => one.termination)).toEqual([`K${phase}`, "--", "--"]);
    expect(scene.events.filter((one) => one.type === "maintenance")).toMatchObject([
      { name, by: "by a test", change: { to: "on", text: "back at 14:00", wasOn: false } },
      { name, by: "by a test", change: { to: "off", refused: 1 } },
    ]);
  });
}

test("where SSH is not read they are closed without a word; without a text whoever knows SSH has one", async () => {
  const { told, ssh } = teller();
  await using scene = new Scene(transport, undefined, { ssh });
  const server = serverPlan("s1", await scene.serve("hi"));
  await scene.apply(onePlan({}, { servers: [server] }));
  scene.proxy.operator.setMaintenance("fe", "", "by a test");
  const one = await scene.open();
  await one.ended;
  expect([one.received, told]).toEqual(["", []]);
  // A backend's option counts before it is chosen, too.
  await scene.apply(onePlan({}, { servers: [server], ...isRead }));
  await (
    await scene.open()
  ).ended;
  scene.proxy.operator.setMaintenance("fe", "zurück", "by a test");
  await (
    await scene.open()
  ).ended;
  const refusal = { cause: "K", phase: "R" };
  // One character a byte, as all such texts.
  expect(told).toEqual([
    [null, refusal],
    [{ text: "zur\u00c3\u00bcck", code: 7 }, refusal],
  ]);
});

test("a reload keeps it as long as there is a proxy of that name", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await scene.serve("hi"))];
  const { operator } = scene.proxy;
  const names = (): string[] => Array.from(operator.maintenances(), ([name]) => name);
  await scene.apply(onePlan({}, { servers }));
  expect(operator.setMaintenance("other", "x", "by a test")).toEqual({ refused: "No such proxy." });
  for (const name of ["fe", "be"]) operator.setMaintenance(name, "x", "by a test");
  await scene.apply(onePlan({ maxconn: 7 }, { servers }));
  expect(names()).toEqual(["fe", "be"]);
  expect(operator.frontend("fe")?.maintenance).toMatchObject({ text: "x", refused: 0 });
  await scene.apply(onePlan({ name: "fe2" }, { servers }));
  await scene.apply(onePlan({}, { servers }));
  expect(names()).toEqual(["be"]);
  expect([operator.frontend("fe")?.maintenance, operator.backend("be")?.maintenance?.text]).toEqual([null, "x"]);
});

test("the process is ready while another frontend serves", async () => {
  await using scene = new Scene();
  const { operator } = scene.proxy;
  const missing = (): string => [...operator.readiness()].filter(Boolean).join();
  const plan = onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"))] });
  const [front] = plan.frontends;
  await scene.apply(plan);
  operator.setMaintenance("fe", "x", "by a test");
  expect(missing()).toBe("frontend fe in maintenance");
  // One that leads nowhere serves nobody.
  const pages = frontendPlan({ ...front, name: "pages", binds: [bindPlan()], defaultBackend: null });
  await scene.apply({ ...plan, frontends: [...plan.frontends, pages] });
  expect(missing()).toBe("frontend fe in maintenance");
  const other = frontendPlan({ ...front, name: "other", binds: [bindPlan()] });
  await scene.apply({ ...plan, frontends: [...plan.frontends, other] });
  expect(missing()).toBe("");
  // Its servers are not missed.
  operator.setServerState("be", "s1", "maint");
  expect(missing()).toBe("backend be");
  operator.setMaintenance("be", "x", "by a test");
  operator.setMaintenance("fe", null, "by a test");
  expect(missing()).toBe("frontend fe in maintenance,frontend other in maintenance");
});
