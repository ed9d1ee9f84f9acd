/** Exchanges that an operator or a server's going down ends: their clients are told, and go on. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { serverPlan } from "../proxy/plans.ts";
import type { Scene, TestClient } from "../proxy/proxy-scene.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const heads = (client: TestClient): readonly string[] => client.received.match(/HTTP\/1.1 \d+/g) ?? [];

/** Says nothing to `/silent`, and part of an answer to `/part`. */
function reluctant(): Promise<Origin> {
  return Origin.start((text) => {
    if (!hasHead(text)) return null;
    if (text.includes("/silent")) return "";
    return text.includes("/part") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart" : ok("whole");
  });
}

async function begun(target: string, origin: Origin, back: object = {}): Promise<{ scene: Scene; client: TestClient }> {
  const scene = httpScene();
  const servers = [serverPlan("s1", origin.port, { maxconn: 1, onMarkedDown: "shutdown-sessions" })];
  await scene.apply(httpPlan([], { back: { servers, ...back } }));
  const client = await scene.open();
  client.socket.write(get(target));
  await scene.until(() => origin.requests.length === 1 && (target === "/silent" || client.received.endsWith("part")));
  return { scene, client };
}

const kills: readonly (readonly [string, string, (scene: Scene) => unknown])[] = [
  [
    "'shutdown session'",
    "K",
    (scene) => scene.proxy.operator.killSession([...scene.proxy.operator.sessions()][0]?.id ?? 0),
  ],
  ["a server that is marked down", "D", (scene) => scene.proxy.operator.setServerHealth("be", "s1", "down")],
];

for (const [what, letter, kill] of kills) {
  test(`${what}: who waits for an answer gets a 502, and may ask again`, async () => {
    await using origin = await reluctant();
    const { scene, client } = await begun("/silent", origin);
    await using _ = scene;
    await kill(scene);
    await scene.until(() => heads(client).length === 1);
    expect(client.received).toStartWith("HTTP/1.1 502 ");
    scene.proxy.operator.setServerHealth("be", "s1", "up");
    client.socket.write(get("/b"));
    await scene.until(() => client.received.endsWith("whole"));
    expect(scene.records.map((one) => one.termination.slice(0, 2))).toEqual([`${letter}H`, "--"]);
    client.socket.end();
    await client.ended;
  });

  test(`${what}: who has part of an answer sees that it is no more`, async () => {
    await using origin = await reluctant();
    const { scene, client } = await begun("/part", origin);
    await using _ = scene;
    await kill(scene);
    await client.ended;
    expect(client.received).toEndWith("part");
    expect(scene.records.map((one) => one.termination.slice(0, 2))).toEqual([`${letter}D`]);
    expect(scene.proxy.running.backends.get("be")?.counters.serverAborts).toBe(1);
  });
}

test("who waits in a queue and is killed gets a 503", async () => {
  await using origin = await reluctant();
  const { scene, client } = await begun("/silent", origin);
  await using _ = scene;
  const other = await scene.open();
  other.socket.write(get("/b"));
  const queued = (): number => [...scene.proxy.operator.sessions()].filter((one) => one.state === "queued").length;
  await scene.until(() => queued() === 1);
  scene.proxy.operator.killSession([...scene.proxy.operator.sessions()][1]?.id ?? 0);
  await scene.until(() => heads(other).length === 1);
  expect(heads(other)).toEqual(["HTTP/1.1 503"]);
  expect(queued()).toBe(0);
  expect(scene.records.map((one) => one.termination.slice(0, 2))).toEqual(["KQ"]);
  for (const one of [client, other]) one.socket.destroy();
});

test("a hard stop ends everything, told or not", async () => {
  await using origin = await reluctant();
  const { scene, client } = await begun("/silent", origin);
  await using _ = scene;
  // Behind it there is another one.
  client.socket.write(get("/b"));
  scene.proxy.hardStop();
  await scene.proxy.drained;
  await client.ended;
  expect(heads(client)).toEqual(["HTTP/1.1 502"]);
  expect(client.received).toContain("connection: close");
});

test("a client who waits between two requests is no session to be seen", async () => {
  await using origin = await reluctant();
  await using scene = httpScene();
  await scene.apply(httpPlan([origin.port]));
  const client = await scene.open();
  const seen = (): number => [...scene.proxy.operator.sessions()].length;
  client.socket.write(get("/a"));
  await scene.until(() => client.received.endsWith("whole"));
  expect(scene.proxy.state.current).toBe(1);
  expect(seen()).toBe(0);
  client.socket.write(get("/silent"));
  await scene.until(() => origin.requests.length === 2);
  expect(seen()).toBe(1);
  client.socket.destroy();
});

test("connections that cannot be opened are counted as those that can", async () => {
  await using scene = httpScene();
  const servers = [serverPlan("s1", 1)];
  await scene.apply(httpPlan([], { back: { servers, retries: 0 } }));
  const client = await scene.open();
  client.socket.write(get("/a"));
  await scene.until(() => heads(client).length === 1);
  expect(heads(client)).toEqual(["HTTP/1.1 503"]);
  expect(scene.proxy.running.backends.get("be")?.servers[0]?.counters.http.connects).toBe(1);
  client.socket.end();
});
