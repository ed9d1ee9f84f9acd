import { expect, setDefaultTimeout, test } from "bun:test";
import { backendPlan, frontendPlan, globalPlan, onePlan, serverPlan } from "../plans.ts";
import { Scene } from "../proxy-scene.ts";
import { noTlsFiles } from "../../../../src/plan/tls.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function changes(scene: Scene): string[] {
  return scene.events.flatMap((event) =>
    event.type === "server"
      ? [
          `${event.backend}/${event.server} ${event.from}>${event.to} ${event.activeLeft}/${event.backupLeft} ${event.requeued}`,
        ]
      : event.type === "backend-empty"
        ? [`${event.backend} empty`]
        : [],
  );
}

test("sessions queued for a server that goes away choose another with option redispatch", async () => {
  await using scene = new Scene();
  const servers = [
    serverPlan("s1", await scene.serve("one"), { maxconn: 1 }),
    serverPlan("s2", await scene.serve("two"), { disabled: true }),
  ];
  await scene.apply(onePlan({}, { servers, redispatch: -1, useServers: [{ server: "s1", condition: null }] }));
  const first = await scene.open();
  await scene.until(() => first.received === "one");
  const second = await scene.open();
  await scene.until(() => scene.proxy.operator.backends()[0]?.servers[0]?.queued === 1);
  scene.proxy.operator.setServerState("be", "s2", "ready");
  scene.proxy.operator.setServerState("be", "s1", "drain");
  await scene.until(() => second.received === "two");
  expect(changes(scene)).toEqual(["be/s2 MAINT>no check 2/0 0", "be/s1 no check>DRAIN 1/0 1"]);
  first.socket.end();
  second.socket.end();
  await Promise.all([first.ended, second.ended]);
});

test("a tracking server copies its model's state, and the last one leaves the backend empty", async () => {
  await using scene = new Scene();
  const model = serverPlan("m1", await scene.serve("model"));
  const follower = serverPlan("f1", await scene.serve("follower"), { track: { backend: "models", server: "m1" } });
  await scene.apply({
    global: globalPlan(),
    frontends: [frontendPlan()],
    backends: [backendPlan({ name: "models", servers: [model] }), backendPlan({ servers: [follower] })],
    resolvers: [],
    patternLists: [],
    userlists: [],
    tls: noTlsFiles,
  });
  expect([...scene.proxy.operator.readiness()].join("")).toBe("");
  scene.proxy.operator.setServerState("models", "m1", "maint");
  expect(changes(scene)).toEqual([
    "models/m1 no check>MAINT 0/0 0",
    "models empty",
    "be/f1 UP>MAINT 0/0 0",
    "be empty",
  ]);
  expect([...scene.proxy.operator.readiness()].join("")).toBe("backend be");
  await (
    await scene.open()
  ).ended;
  expect(scene.records.map((one) => one.termination)).toEqual(["SC"]);
  scene.proxy.operator.setServerState("models", "m1", "ready");
  expect([...scene.proxy.operator.readiness()].join("")).toBe("");
});

test("a check takes a server down and up again, and its sessions follow", async () => {
  await using scene = new Scene();
  const check = {
    interMs: 20,
    fastInterMs: 0,
    downInterMs: 0,
    rise: 1,
    fall: 1,
    address: null,
    port: null,
    sendProxy: false,
    tls: null,
  };
  const port = await scene.serve("one");
  await using gone = new Scene();
  await gone.apply(onePlan({}, { servers: [] }));
  const closed = gone.port();
  gone.proxy.hardStop();
  const servers = [serverPlan("s1", closed, { check }), serverPlan("s2", port, { backup: true })];
  await scene.apply(onePlan({}, { servers }));
  await scene.until(() => scene.proxy.operator.backends()[0]?.servers[0]?.state === "DOWN");
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  expect(scene.proxy.operator.setServerAddress("be", "s1", "127.0.0.1", port)).toBe(null);
  await scene.until(() => scene.proxy.operator.backends()[0]?.servers[0]?.state === "UP");
  expect(changes(scene)).toEqual(["be/s1 UP>DOWN 0/1 0", "be/s1 DOWN>UP 1/1 0"]);
  const [stats] = scene.proxy.operator.backends()[0]?.servers ?? [];
  expect([stats?.check?.last?.status, stats?.downTransitions, stats?.check?.failures]).toEqual(["L4OK", 1, 1]);
  client.socket.end();
  await client.ended;
});

test("slow start begins at a sixteenth of the weight and one slot", async () => {
  await using scene = new Scene();
  const servers = [
    serverPlan("s1", await scene.serve("one"), { weight: 10, slowstartMs: 60_000, maxconn: 100 }),
    serverPlan("s2", await scene.serve("two"), { weight: 10 }),
  ];
  await scene.apply(onePlan({}, { servers }));
  scene.proxy.operator.setServerState("be", "s1", "maint");
  scene.proxy.operator.setServerState("be", "s1", "ready");
  const received: string[] = [];
  for (let count = 0; count < 8; count++) {
    const client = await scene.open();
    await scene.until(() => client.received !== "");
    received.push(client.received);
    client.socket.end();
    await client.ended;
  }
  expect(received.filter((one) => one === "one").length).toBeLessThanOrEqual(1);
  const server = scene.proxy.running.backends.get("be")?.find("s1");
  expect([server?.weight, server?.throttlePercent, server?.slots]).toEqual([10, 6, 1]);
});
