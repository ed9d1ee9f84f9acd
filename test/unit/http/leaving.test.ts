/** Connections that a stop, a reload or a server's new address leaves no use for: they end where a fresh start would have none. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Plan } from "../../../src/plan/plan.ts";
import { globalPlan, serverPlan } from "../proxy/plans.ts";
import type { Scene, TestClient } from "../proxy/proxy-scene.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";

/** A server that says its name, or nothing until it is released. */
async function named(name: string): Promise<Origin> {
  return await Origin.start((text) => (hasHead(text) ? ok(name) : null));
}

async function ask(scene: Scene, client: TestClient, target: string): Promise<string> {
  const before = client.received.length;
  client.socket.write(get(target));
  await scene.until(() => client.received.length > before && /\r\n\r\n\w/.test(client.received.slice(before)));
  return client.received.slice(before);
}

function spread(plan: Plan, closeSpreadMs: number): Plan {
  return { ...plan, global: globalPlan({ closeSpreadMs }) };
}

/** One that has had an answer, one that has sent nothing, one with half a head, one with half a body. */
async function four(scene: Scene): Promise<Record<"idle" | "fresh" | "half" | "body", TestClient>> {
  const [idle, fresh, half, body] = [await scene.open(), await scene.open(), await scene.open(), await scene.open()];
  await ask(scene, idle, "/a");
  half.socket.write("GET /h HT");
  body.socket.write(`${post}x`);
  await scene.until(() => scene.proxy.running.sessions.running.size === 4);
  return { idle, fresh, half, body };
}

const endings: readonly (readonly [string, (scene: Scene, plan: Plan) => unknown])[] = [
  ["a soft stop", (scene) => scene.proxy.softStop()],
  ["a reload", (scene, plan) => scene.apply(plan)],
];

for (const [what, end] of endings) {
  describe(what, () => {
    test("lets idle clients go at once, and all others with their answer", async () => {
      await using scene = httpScene();
      await using origin = await Origin.start((text) => (/\r\n\r\n$|\r\n\r\nxy$/.test(text) ? ok("z") : null));
      const plan = httpPlan([origin.port]);
      await scene.apply(plan);
      const { idle, fresh, half, body } = await four(scene);
      await end(scene, httpPlan([origin.port]));
      expect(await idle.ended).toBeUndefined();
      expect(idle.received).not.toContain("connection: close");
      fresh.socket.write(get("/f"));
      half.socket.write("TP/1.1\r\nHost: x\r\n\r\n");
      body.socket.write("y");
      for (const client of [fresh, half, body]) {
        await client.ended;
        expect(client.received).toStartWith("HTTP/1.1 200 ");
        expect(client.received).toContain("connection: close\r\n");
      }
      await scene.until(() => scene.proxy.state.current === 0);
    });

    test("lets idle clients go with their next answer where 'option idle-close-on-response' says so", async () => {
      await using scene = httpScene();
      await using origin = await named("z");
      const parts = { httpFront: { closesIdleOnResponse: true } } as const;
      await scene.apply(httpPlan([origin.port], parts));
      const client = await scene.open();
      await ask(scene, client, "/a");
      await end(scene, httpPlan([origin.port], parts));
      expect(await ask(scene, client, "/b")).toContain("connection: close\r\n");
      await client.ended;
    });

    test("lets idle clients go little by little within 'close-spread-time'", async () => {
      await using scene = httpScene();
      await using origin = await named("z");
      const plan = spread(httpPlan([origin.port]), 300);
      await scene.apply(plan);
      const clients = await Promise.all(Array.from({ length: 12 }, () => scene.open()));
      for (const client of clients) await ask(scene, client, "/a");
      await end(scene, spread(httpPlan([origin.port]), 300));
      const begun = performance.now();
      const times = await Promise.all(clients.map(async (one) => (await one.ended, performance.now() - begun)));
      // That all twelve go in the first tenth has a probability of 10 to the power of -12.
      expect(Math.max(...times)).toBeGreaterThan(30);
      await scene.until(() => scene.proxy.state.current === 0);
    });
  });
}

test("an answer that ends behind the stop, and did not say so, leaves nobody waiting", async () => {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => (text.endsWith("\r\n\r\nx") ? ok("early") : null));
  await scene.apply(httpPlan([origin.port]));
  const first = await scene.open();
  first.socket.write(`${post}x`);
  await scene.until(() => first.received.endsWith("early"));
  scene.proxy.softStop();
  first.socket.write("y");
  await first.ended;
  await scene.proxy.drained;
});

test("'close-spread-time infinite' lets nobody go, and says nothing of it", async () => {
  await using scene = httpScene();
  await using origin = await named("z");
  await scene.apply(spread(httpPlan([origin.port]), Infinity));
  const client = await scene.open();
  await ask(scene, client, "/a");
  scene.proxy.softStop();
  for (const target of ["/b", "/c"]) expect(await ask(scene, client, target)).not.toContain("close");
  client.socket.end();
  await client.ended;
  await scene.proxy.drained;
});

describe("no connection that is kept goes on to", () => {
  const moves: readonly (readonly [string, (scene: Scene, to: number) => unknown])[] = [
    [
      "an address that an operator gave up",
      (scene, to) => scene.proxy.operator.setServerAddress("be", "s1", "127.0.0.1", to),
    ],
    ["a server that a reload moved", (scene, to) => scene.apply(httpPlan([to]))],
  ];
  for (const reuse of ["always", "never"] as const) {
    for (const [what, move] of moves) {
      test(`${what} (http-reuse ${reuse})`, async () => {
        await using scene = httpScene();
        await using one = await named("one");
        await using two = await named("two");
        const parts = { httpBack: { reuse }, httpFront: { closesIdleOnResponse: true } } as const;
        await scene.apply(httpPlan([one.port], parts));
        const client = await scene.open();
        expect(await ask(scene, client, "/a")).toEndWith("one");
        expect(await ask(scene, client, "/b")).toEndWith("one");
        expect(one.sockets.length).toBe(1);
        await move(scene, two.port);
        expect(await ask(scene, client, "/c")).toEndWith("two");
        client.socket.end();
        await client.ended;
      });
    }
  }
});

test("a reload closes what is kept to servers that are gone or changed, and nothing else", async () => {
  await using scene = httpScene();
  await using one = await named("one");
  await using two = await named("two");
  const back = { balance: { algorithm: "roundrobin" } } as const;
  const parts = { back, httpBack: { reuse: "always" }, httpFront: { closesIdleOnResponse: true } } as const;
  await scene.apply(httpPlan([one.port, two.port], parts));
  const client = await scene.open();
  for (const target of ["/a", "/b"]) await ask(scene, client, target);
  const closed: string[] = [];
  one.sockets[0]?.on("close", () => closed.push("one"));
  two.sockets[0]?.on("close", () => closed.push("two"));
  await scene.apply(httpPlan([one.port], { ...parts, back: { ...back, servers: [serverPlan("s1", one.port)] } }));
  await scene.until(() => closed.length === 1);
  expect(closed).toEqual(["two"]);
  client.socket.end();
  await client.ended;
});
