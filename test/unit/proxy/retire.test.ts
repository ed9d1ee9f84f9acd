// A listener that goes: who has come before is served, who comes after is refused, and nothing is left of it.
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import type { Plan } from "../../../src/plan/plan.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { Scene, type TestClient } from "./proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Whether somebody takes clients there. */
function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(false)));
    socket.once("error", () => resolve(true));
  });
}

/** A scene whose kernel has three clients that the proxy has not accepted. */
async function queued(scene: Scene): Promise<readonly TestClient[]> {
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  expect(scene.proxy.operator.setFrontendState("fe", "disabled")).toBeNull();
  const clients = await Promise.all([scene.open(), scene.open(), scene.open()]);
  for (const client of clients) client.socket.write(" there");
  expect(scene.records.length + scene.proxy.running.sessions.running.size).toBe(0);
  return clients;
}

const endings: readonly (readonly [string, (scene: Scene, without: Plan) => unknown])[] = [
  ["a soft stop", (scene) => scene.proxy.softStop()],
  ["'shutdown frontend'", (scene) => scene.proxy.operator.setFrontendState("fe", "shutdown")],
  ["a reload without the frontend and its backend", (scene, without) => scene.apply(without)],
];

for (const [what, end] of endings) {
  test(`${what} serves who waits in the kernel, and refuses who comes after`, async () => {
    await using scene = new Scene();
    const clients = await queued(scene);
    const port = scene.port();
    const elsewhere = bindPlan({ address: { kind: "tcp", host: "127.0.0.2", port: 0 } });
    const other = onePlan(
      { name: "fe2", defaultBackend: "be2", binds: [elsewhere] },
      { name: "be2", servers: [serverPlan("s2", 9)] },
    );
    await end(scene, other);
    expect(await isRefused(port)).toBe(true);
    await scene.until(() => clients.every((one) => one.received === "hi there"));
    for (const client of clients) client.socket.end();
    await Promise.all(clients.map((one) => one.ended));
    await scene.until(() => scene.proxy.state.retiring.size === 0);
    expect(scene.records.map((one) => one.termination.slice(0, 2))).toEqual(["--", "--", "--"]);
  });
}

test("a frontend that a reload disables serves who waits", async () => {
  await using scene = new Scene();
  const clients = await queued(scene);
  const { plan: before } = scene.proxy;
  if (before === null) throw new Error("there is one");
  await scene.apply({ ...before, frontends: before.frontends.map((one) => ({ ...one, disabled: true })) });
  await scene.until(() => clients.every((one) => one.received === "hi there"));
  for (const client of clients) client.socket.end();
  await Promise.all(clients.map((one) => one.ended));
});

test("limits hold to the last: who waits is served one after the other, and only then is the stop over", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ maxconn: 1 }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const first = await scene.open();
  await scene.until(() => first.received === "hi");
  const waiting = await Promise.all([scene.open(), scene.open()]);
  const port = scene.port();
  let isDrained = false;
  scene.proxy.softStop();
  void scene.proxy.drained.then(() => (isDrained = true));
  expect(await isRefused(port)).toBe(true);
  const next = (): TestClient | undefined => waiting.find((one) => one.received === "hi" && !one.socket.destroyed);
  let before = first;
  for (const _ of waiting) {
    expect([isDrained, scene.proxy.state.current]).toEqual([false, 1]);
    before.socket.end();
    await before.ended;
    await scene.until(() => next() !== undefined);
    before = next() ?? before;
  }
  before.socket.end();
  await scene.proxy.drained;
  expect(waiting.map((one) => one.received)).toEqual(["hi", "hi"]);
});

test("a hard stop resets who waits, also in the middle of a soft one", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ maxconn: 1 }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const first = await scene.open();
  await scene.until(() => first.received === "hi");
  const waiting = await scene.open();
  scene.proxy.softStop();
  scene.proxy.hardStop();
  await Promise.all([first.ended, waiting.ended, scene.proxy.drained]);
  expect([waiting.received, scene.proxy.state.retiring.size]).toEqual(["", 0]);
});
