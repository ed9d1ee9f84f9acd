import { expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:net";
import type { AgentPlan, ServerCheckPlan } from "../../../src/plan/server.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import type { ResolversPlan } from "../../../src/plan/resolvers.ts";
import type { Rule, StickTablePlan } from "../../../src/plan/rules/rule.ts";
import type { NamedResolver } from "../../../src/proxy/names/name-resolver.ts";
import { Proxy } from "../../../src/proxy/proxy.ts";
import { transport } from "../../transport.ts";
import { backendPlan, bindPlan, frontendPlan, globalPlan, onePlan, resolversPlan, serverPlan } from "./plans.ts";
import { Scene, type TestClient } from "./proxy-scene.ts";
import { noTlsFiles } from "../../../src/plan/tls.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("keeps listeners, running sessions, counters and what an operator set", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  await scene.apply(onePlan({}, { servers: [s1] }));
  const port = scene.port();
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  scene.proxy.operator.setServerWeight("be", "s1", 7);

  const s2 = serverPlan("s2", await scene.serve("two"));
  await scene.apply(onePlan({}, { servers: [s1, s2], balance: { algorithm: "leastconn" } }));
  expect(scene.port()).toBe(port);
  expect(scene.proxy.operator.frontends().map((one) => [one.current, one.connectionsTotal])).toEqual([[1, 1]]);
  const figures = scene.proxy.operator
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
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  later.socket.end();
  await later.ended;
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
    userlists: [],
    tls: noTlsFiles,
  });
  expect(failures).toMatchObject([
    { kind: "bind", frontend: "new", bind: { text: "taken" }, error: { code: "EADDRINUSE" } },
  ]);
  expect(scene.proxy.operator.frontends().map((one) => one.name)).toEqual(["fe"]);
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
    userlists: [],
    tls: noTlsFiles,
  });
  expect(scene.proxy.operator.process.listeners).toBe(2);
  await scene.apply(onePlan({}, { servers: [s1] }));
  expect(scene.proxy.operator.process.listeners).toBe(1);
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
  const [server] = scene.proxy.operator.backends()[0]?.servers ?? [];
  expect([server?.state, server?.stateCause, server?.address]).toEqual(["MAINT", "resolution", null]);
  expect([...scene.proxy.operator.readiness()].join("")).toBe("backend be");
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
    tls: null,
  };
  const servers = [serverPlan("s1", (server.address() as { port: number }).port, { check })];
  await scene.apply(onePlan({}, { servers }));
  const status = (): string | undefined => scene.proxy.operator.backends()[0]?.servers[0]?.check?.last?.status;
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
  expect(scene.proxy.operator.backends()).toEqual([]);
  expect(scene.proxy.operator.setServerState("be", "s1", "drain")).toEqual({ refused: "Proxy is disabled." });
  // It serves as soon as a plan enables it.
  await scene.apply(onePlan({}, { servers: [s1] }));
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  client.socket.end();
  await client.ended;
});

test("a renamed frontend keeps all its addresses", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await scene.serve("one"))];
  const binds = ["one", "two", "three"].map((text) => bindPlan({ text }));
  await scene.apply(onePlan({ binds }, { servers }));
  const ports = (): unknown[] =>
    scene.proxy.operator
      .frontends()
      .map((one) => [one.name, Array.from(one.listeners, ({ state, address }) => [state, address])]);
  const [[, before]] = ports() as [[string, unknown[]]];
  await scene.apply(onePlan({ name: "other", binds }, { servers }));
  expect(before).toHaveLength(3);
  expect(ports()).toEqual([["other", before]]);
});

test("who waits is served by what a reload brings: another server, more room, a higher limit", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"), { maxconn: 1 });
  const s2 = serverPlan("s2", await scene.serve("two"), { maxconn: 1 });
  await scene.apply(onePlan({ maxconn: 4 }, { servers: [s1] }));
  const clients: TestClient[] = [];
  for (let count = 0; count < 5; count += 1) clients.push(await scene.open());
  const served = (): number => clients.filter((one) => one.received !== "").length;
  const counts = (): unknown => {
    const [backend] = scene.proxy.operator.backends();
    return [served(), backend?.queued, scene.proxy.operator.frontends()[0]?.current];
  };
  await scene.until(() => served() === 1 && scene.proxy.operator.backends()[0]?.queued === 3);
  await scene.apply(onePlan({ maxconn: 4 }, { servers: [s1, s2] }));
  await scene.until(() => served() === 2);
  await scene.apply(onePlan({ maxconn: 4 }, { servers: [s1, { ...s2, maxconn: 2 }] }));
  await scene.until(() => served() === 3);
  expect(counts()).toEqual([3, 1, 4]);
  await scene.apply(onePlan({ maxconn: 5 }, { servers: [s1, { ...s2, maxconn: 3 }] }));
  await scene.until(() => served() === 4 && scene.proxy.operator.frontends()[0]?.current === 5);
  await scene.apply(onePlan({ maxconn: 5 }, { servers: [{ ...s1, maxconn: 0 }, s2] }));
  await scene.until(() => served() === 5);
  for (const { socket } of clients) socket.end();
  await Promise.all(clients.map((one) => one.ended));
});

test("names are followed on when a resolvers section changes, by the new one", async () => {
  const asked: string[] = [];
  const resolver = (plan: ResolversPlan): NamedResolver => ({
    plan,
    stats: () => ({ name: plan.name, nameservers: [] }),
    clearCounters: () => {},
    lookUp: () => () => {},
    stop: () => void asked.push(`stop ${plan.retries}`),
    follow(request) {
      asked.push(`follow ${request.host} ${plan.retries}`);
      return { hurry: () => {}, stop: () => void asked.push(`leave ${request.host} ${plan.retries}`) };
    },
  });
  const proxy = new Proxy(transport, () => {}, { resolver });
  const address = { kind: "tcp", host: "s.test", isName: true, family: null, port: 22, portOffset: 0 } as const;
  const servers = [serverPlan("s1", 22, { address, text: "s.test:22", initAddr: ["none"], resolvers: "dns" })];
  const planOf = (retries: number): Plan => ({ ...onePlan({}, { servers }), resolvers: [resolversPlan({ retries })] });
  await proxy.apply(planOf(1));
  await proxy.apply(planOf(1));
  expect(asked.splice(0)).toEqual(["follow s.test 1"]);
  await proxy.apply(planOf(2));
  expect(asked.splice(0)).toEqual(["follow s.test 2", "leave s.test 1", "stop 1"]);
  expect([...proxy.operator.resolvers()]).toHaveLength(1);
  await proxy.apply({ ...onePlan({}, {}), resolvers: [] });
  expect([asked, [...proxy.operator.resolvers()]]).toEqual([["leave s.test 2", "stop 2"], []]);
  proxy.hardStop();
});

test("what an agent said goes with the agent", async () => {
  await using scene = new Scene();
  let answer = "maint 50% maxconn:7\n";
  const agentServer = createServer((socket) => socket.on("error", () => {}).end(answer));
  await new Promise<void>((resolve) => agentServer.listen(0, "127.0.0.1", resolve));
  const { port } = agentServer.address() as { port: number };
  const agent: AgentPlan = { address: null, port, interMs: 10, send: "" };
  const s1 = serverPlan("s1", await scene.serve("one"), { weight: 10 });
  const asked = { ...s1, agent };
  const standing = (): unknown => {
    const server = scene.proxy.operator.backends()[0]?.servers[0];
    return [server?.state, server?.userWeight, server?.maxconn];
  };
  await scene.apply(onePlan({}, { servers: [asked] }));
  await scene.until(() => JSON.stringify(standing()) === JSON.stringify(["MAINT", 5, 7]));
  // It is asked on, and what it said stays meanwhile.
  await scene.apply(onePlan({}, { servers: [{ ...asked, slowstartMs: 1 }] }));
  expect(standing()).toEqual(["MAINT", 5, 7]);
  answer = "ready drain down\n";
  await scene.until(() => (standing() as [string])[0] === "DOWN");
  await scene.apply(onePlan({}, { servers: [s1] }));
  expect(standing()).toEqual(["no check", 10, 0]);
  expect([...scene.proxy.operator.readiness()].join("")).toBe("");
  agentServer.close();
});

test("a reload that comes while one works waits for it", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  const named = (name: string): Plan => onePlan({ name }, { servers: [s1] });
  const both = [scene.proxy.apply(named("one")), scene.proxy.apply(named("two")), scene.proxy.apply(named("three"))];
  expect(await Promise.all(both)).toEqual([[], [], []]);
  expect(scene.proxy.operator.frontends().map((one) => [one.name, [...one.listeners].length])).toEqual([["three", 1]]);
});

function seldom(rise: number, fall: number): ServerCheckPlan {
  return {
    interMs: 60_000,
    fastInterMs: 0,
    downInterMs: 0,
    rise,
    fall,
    port: null,
    address: null,
    sendProxy: false,
    tls: null,
  };
}

test("what checks found goes with the checks; what they had counted stays within new limits", async () => {
  await using scene = new Scene();
  const s1 = serverPlan("s1", await scene.serve("one"));
  const shown = (): unknown => {
    const server = scene.proxy.operator.backends()[0]?.servers[0];
    return [server?.state, server?.check?.health, server?.check?.healthOf];
  };
  await scene.apply(onePlan({}, { servers: [{ ...s1, check: seldom(2, 3) }] }));
  expect(shown()).toEqual(["UP", 2, 4]);
  await scene.until(() => (shown() as [unknown, number])[1] === 4);
  await scene.apply(onePlan({}, { servers: [{ ...s1, check: seldom(3, 5) }] }));
  expect(shown()).toEqual(["UP", 7, 7]);
  scene.proxy.operator.setServerHealth("be", "s1", "down");
  await scene.apply(onePlan({}, { servers: [{ ...s1, weight: 3, check: seldom(3, 5) }] }));
  expect(shown()).toEqual(["DOWN", 0, 7]);
  await scene.apply(onePlan({}, { servers: [s1] }));
  expect(shown()).toEqual(["no check", undefined, undefined]);
  await scene.apply(onePlan({}, { servers: [{ ...s1, check: seldom(3, 5) }] }));
  expect(shown()).toEqual(["UP", 3, 7]);
});

/** Everything that a plan is made of, held by nothing here. */
function partsOf(plan: Plan): [string, WeakRef<object>][] {
  const parts: [string, WeakRef<object>][] = [];
  const seen = new Set<object>();
  const add = (path: string, one: unknown): void => {
    if (typeof one !== "object" || one === null || seen.has(one)) return;
    seen.add(one);
    parts.push([path, new WeakRef(one)]);
    for (const [key, value] of Object.entries(one)) add(`${path}.${key}`, value);
  };
  add("plan", plan);
  return parts;
}

/** A plan with something of everything that outlives a reload: a table, checks, an agent, a name that is followed, patterns. */
function fullPlan(port: number, weight: number): Plan {
  const position = { file: "test.cfg", line: weight };
  const own = { id: 0, file: null, isAcl: true, isMap: false, description: "", uses: [], entries: [] };
  const list = { ...own, entries: [{ key: "192.0.2.1", value: null, compared: ["192.0.2.1"] }] };
  const acl = {
    name: null,
    tests: [
      {
        expression: { fetch: "src", arguments: [], converters: [], text: "src" },
        match: "ip",
        ignoreCase: false,
        patterns: ["192.0.2.1"],
        files: [],
        own: list,
      },
    ],
  } as const;
  const condition = { unless: false, any: [[{ negate: false, acl }]] };
  const address = { kind: "tcp", host: "s.test", isName: true, family: null, port: 22, portOffset: 0 } as const;
  const agent = { address: null, port: 9, interMs: 60_000, send: "" };
  const servers = [
    serverPlan("s1", port, { weight: 2, check: seldom(2, 3), agent: { ...agent }, position }),
    serverPlan("s2", port, { weight, check: seldom(2, 3), position }),
    serverPlan("s3", 22, {
      address: { ...address },
      text: "s.test:22",
      initAddr: ["none"],
      resolvers: "dns",
      position,
    }),
  ];
  const rule = { position, action: { kind: "reject" }, condition } as const;
  return {
    ...onePlan(
      { connectionRules: [rule], binds: [bindPlan({ position })] },
      { servers, stickTable: { ...table, stores: [{ name: "conn_cnt", periodMs: 0, count: 1 }] } },
    ),
    resolvers: [resolversPlan()],
    patternLists: [list],
    userlists: [],
    tls: noTlsFiles,
  };
}

test("nothing of a plan stays when another runs and its last session has ended", async () => {
  await using scene = new Scene();
  const port = await scene.serve("one");
  const parts: [string, WeakRef<object>][] = [];
  const run = async (weight: number): Promise<void> => {
    // Its own in all parts: those of tests share some.
    const plan = structuredClone(fullPlan(port, weight));
    if (parts.length === 0) parts.push(...partsOf(plan));
    await scene.apply(plan);
  };
  const alive = (): string[] => {
    Bun.gc(true);
    return parts.filter(([, part]) => part.deref() !== undefined).map(([path]) => path);
  };
  await run(1);
  const client = await scene.open();
  await scene.until(() => client.received === "one");
  await run(2);
  await scene.until(() => !alive().includes("plan"));
  expect(alive()).toContain("plan.frontends.0");
  client.socket.end();
  await client.ended;
  scene.events.length = 0;
  // A section that goes on keeps the plan it began with, which says the same, and a socket what it was opened with.
  const kept = /^plan\.(?:resolvers\.0|frontends\.0\.(?:position|binds\.0))/;
  await scene.until(() => alive().every((path) => kept.test(path)));
});

function leadingTo(backend: string, port: number, rules: readonly Rule[]): Plan {
  return {
    ...onePlan({ contentRules: rules, inspectDelayMs: 60_000, defaultBackend: backend }, {}),
    backends: [backendPlan({ name: backend, servers: [serverPlan("s1", port)] })],
  };
}

test("a session that a reload finds in its rules goes where these lead, whatever the new plan calls it", async () => {
  await using scene = new Scene();
  const position = { file: "test.cfg", line: 1 };
  const [one, two] = [await scene.serve("one"), await scene.serve("two")];
  const waits: Rule = {
    position,
    action: { kind: "accept" },
    condition: {
      unless: false,
      any: [
        [
          {
            negate: false,
            acl: {
              name: null,
              tests: [
                {
                  expression: { fetch: "req.len", arguments: [], converters: [], text: "req.len" },
                  match: "int",
                  ignoreCase: false,
                  patterns: ["gt 0"],
                  files: [],
                  own: null,
                },
              ],
            },
          },
        ],
      ],
    },
  };
  await scene.apply(leadingTo("be", one, [waits]));
  const early = await scene.open();
  await scene.until(() => scene.proxy.running.sessions.running.size === 1);
  await scene.apply(leadingTo("other", two, []));
  const late = await scene.open();
  await scene.until(() => late.received === "two");
  early.socket.write("x");
  await scene.until(() => early.received.startsWith("one"));
  for (const { socket } of [early, late]) socket.end();
  await Promise.all([early.ended, late.ended]);
  await scene.until(() => scene.records.length === 2);
  expect(scene.records.map((record) => [record.backend, record.server]).toSorted()).toEqual([
    ["be", "s1"],
    ["other", "s1"],
  ]);
  const told = scene.events.flatMap((event) =>
    event.type === "proxy" ? [`${event.kind} ${event.name} ${event.to}`] : [],
  );
  expect(told).toEqual(["frontend fe started", "backend be started", "backend other started", "backend be stopped"]);
});

test("an address that can be bound once only stays whatever else is said of it", async () => {
  await using scene = new Scene();
  const address = { kind: "abstract", name: `fairlead-test-${process.pid}` } as const;
  const servers = [serverPlan("s1", await scene.serve("one"))];
  await scene.apply(onePlan({ binds: [bindPlan({ address })] }, { servers }));
  await scene.apply(
    onePlan({ binds: [bindPlan({ address, deferAccept: true, mss: 1400, mode: 0o600 })] }, { servers }),
  );
  expect(scene.proxy.operator.process.listeners).toBe(1);
});

test("an address that a reload gives up is free when it is over", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await scene.serve("one"))];
  const binds = [bindPlan({ text: "first" }), bindPlan({ text: "second", mss: 1400 })];
  await scene.apply(onePlan({ binds }, { servers }));
  const second = scene.proxy.running.frontends.get("fe")?.listeners[1]?.address;
  if (second?.kind !== "tcp") throw new Error("no second listener");
  await scene.apply(onePlan({ binds: binds.slice(0, 1) }, { servers }));
  // It shares it with nobody.
  const other = createServer();
  await new Promise<void>((resolve, reject) => {
    other.once("error", reject).listen(second.port, second.host, resolve);
  });
  other.close();
});
