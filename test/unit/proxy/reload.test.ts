import { expect, test } from "bun:test";
import { createServer } from "node:net";
import type { ServerCheckPlan, StickTablePlan } from "../../../src/plan.ts";
import { backendPlan, bindPlan, frontendPlan, globalPlan, onePlan, serverPlan } from "./plans.ts";
import { Scene } from "./proxy-scene.ts";

test("keeps listeners, running sessions, counters and what an operator set", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  await scene.apply(onePlan({}, { servers: [s1] }));
  const port = scene.port();
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  scene.proxy.setServerWeight("be", "s1", 7);

  const s2 = serverPlan("s2", await scene.serve("two"));
  await scene.apply(onePlan({}, { servers: [s1, s2], balance: { algorithm: "leastconn" } }));
  expect(scene.port()).toBe(port);
  expect(scene.proxy.frontends().map((one) => [one.current, one.connectionsTotal])).toEqual([[1, 1]]);
  const figures = scene.proxy
    .backends()[0]
    ?.servers.map((one) => [one.name, one.current, one.sessionsTotal, one.userWeight]);
  expect(figures).toEqual([
    ["s1", 1, 1, 7],
    ["s2", 0, 0, 1],
  ]);
  client.socket.write("still here");
  await scene.until(() => client.received === "onestill here");

  // A server that is gone keeps its session; new ones go to the one that is left.
  await scene.apply(onePlan({}, { servers: [s2] }));
  const later = await scene.open();
  await scene.until(() => later.received === "two");
  client.socket.end();
  later.socket.end();
  await Promise.all([client.ended, later.ended]);
  await scene.until(() => scene.records.length === 2);
  expect(scene.records.map((one) => [one.server, one.termination])).toEqual([
    ["s1", "--"],
    ["s2", "--"],
  ]);
});

test("changes nothing when an address cannot be bound, and says which", async () => {
  await using scene = new Scene();
  const port = await scene.serve("one");
  const s1 = serverPlan("s1", port);
  await scene.apply(onePlan({}, { servers: [s1] }));
  // The server's own port: it shares it with nobody.
  const taken = bindPlan({ text: "taken", address: { kind: "tcp", host: "127.0.0.1", port } });
  const failures = await scene.proxy.apply({
    global: globalPlan(),
    frontends: [frontendPlan(), frontendPlan({ name: "new", binds: [bindPlan({ text: "free" }), taken] })],
    backends: [backendPlan()],
    resolvers: [],
    patternLists: [],
  });
  expect(failures).toMatchObject([
    { kind: "bind", frontend: "new", bind: { text: "taken" }, error: { code: "EADDRINUSE" } },
  ]);
  expect(scene.proxy.frontends().map((one) => one.name)).toEqual(["fe"]);
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  client.socket.end();
  await client.ended;
});

test("stops what the new plan leaves out", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  await scene.apply({
    global: globalPlan(),
    frontends: [frontendPlan(), frontendPlan({ name: "old" })],
    backends: [backendPlan({ servers: [s1] })],
    resolvers: [],
    patternLists: [],
  });
  expect(scene.proxy.process.listeners).toBe(2);
  await scene.apply(onePlan({}, { servers: [s1] }));
  expect(scene.proxy.process.listeners).toBe(1);
  expect(scene.events.flatMap((one) => (one.type === "proxy" && one.to === "stopped" ? [one.name] : []))).toEqual([
    "old",
  ]);
});

test("a server whose name leads nowhere keeps the plan from starting, unless init-addr says none", async () => {
  await using scene = new Scene();
  const address = {
    kind: "tcp",
    host: "nowhere.invalid",
    isName: true,
    family: null,
    port: 22,
    portOffset: 0,
  } as const;
  const named = serverPlan("s1", 22, { address, text: "nowhere.invalid:22" });
  const failures = await scene.proxy.apply(onePlan({}, { servers: [named] }));
  expect(failures.map((one) => one.kind)).toEqual(["name"]);
  await scene.apply(onePlan({}, { servers: [{ ...named, initAddr: ["libc", "none"] }] }));
  const [server] = scene.proxy.backends()[0]?.servers ?? [];
  expect([server?.state, server?.stateCause, server?.address]).toEqual(["MAINT", "resolution", null]);
  expect(scene.proxy.notReady).toEqual(["backend be"]);
});

const table: StickTablePlan = {
  name: "be",
  type: "ip",
  keyLength: 4,
  size: 100,
  expireMs: 0,
  nopurge: false,
  stores: [{ name: "conn_cnt", periodMs: 0, count: 1 }],
};

test("a plan that fails leaves stick tables as they are", async () => {
  await using scene = new Scene();
  const port = await scene.serve("one");
  const servers = [serverPlan("s1", port)];
  await scene.apply(onePlan({}, { servers, stickTable: table }));
  const before = scene.proxy.tables.get("be");
  before?.findOrCreate("192.0.2.1");
  const taken = bindPlan({ address: { kind: "tcp", host: "127.0.0.1", port } });
  const other = { ...table, type: "integer" as const };
  const failing = onePlan({ binds: [taken], stickTable: { ...table, name: "fe" } }, { servers, stickTable: other });
  expect((await scene.proxy.apply(failing)).map((one) => one.kind)).toEqual(["bind"]);
  expect([before?.plan, before?.used, scene.proxy.tables.get("fe")]).toEqual([table, 1, undefined]);
  await scene.apply(onePlan({}, { servers, stickTable: table }));
  expect(scene.proxy.tables.get("be")?.used).toBe(1);
});

test("checks begin anew when the backend checks otherwise", async () => {
  await using scene = new Scene();
  let asked = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => (asked += bytes.toString("latin1")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const check: ServerCheckPlan = {
    interMs: 60_000,
    fastInterMs: 0,
    downInterMs: 0,
    rise: 2,
    fall: 3,
    port: null,
    address: null,
    sendProxy: false,
  };
  const servers = [serverPlan("s1", (server.address() as { port: number }).port, { check })];
  await scene.apply(onePlan({}, { servers }));
  const status = (): string | undefined => scene.proxy.backends()[0]?.servers[0]?.check?.last?.status;
  await scene.until(() => status() === "L4OK");
  await scene.apply(onePlan({}, { servers, check: { kind: "redis" } }));
  await scene.until(() => asked !== "");
  expect(asked).toContain("PING");
  server.close();
});

test("a disabled backend and listener are known by name only", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  await scene.apply(onePlan({}, { servers: [s1], disabled: true }));
  await (
    await scene.open()
  ).ended;
  await scene.until(() => scene.records.length === 1);
  expect(scene.records.map((one) => [one.backend, one.server, one.termination])).toEqual([["be", null, "SC"]]);
  expect(scene.proxy.backends()).toEqual([]);
  expect(scene.proxy.setServerState("be", "s1", "drain")).toEqual({ refused: "Proxy is disabled." });
  // It serves as soon as a plan enables it.
  await scene.apply(onePlan({}, { servers: [s1] }));
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  client.socket.end();
  await client.ended;
});
