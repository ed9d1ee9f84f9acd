/** Bugs that other forwarders have had, by their names: a class of fault each, which must not come back here. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { deafListener, hasDeafListener } from "../../contract/kernel.ts";
import { watchLag } from "../../lag.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { Scene } from "./proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const timeouts = { connectMs: 300, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };

// Envoy used the client's connection after it was gone.
test.if(hasDeafListener)("Envoy CVE-2021-43826: a client that leaves while its server is being connected", async () => {
  using deaf = deafListener();
  const port = deaf.address.kind === "tcp" ? deaf.address.port : 0;
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", port)], retries: 1, timeouts }));
  const clients = await Promise.all([scene.open(), scene.open(), scene.open()]);
  await scene.until(() => scene.gauges[0] === 3);
  clients[0]?.socket.resetAndDestroy();
  clients[1]?.socket.destroy();
  await Promise.all(clients.map((client) => client.ended));
  await scene.until(() => scene.records.length === 3);
  expect(scene.records.map(({ termination }) => termination).toSorted()).toEqual(["CC", "CD", "sC"]);
  await scene.until(() => scene.gauges.every((one) => one === 0));
});

// Traefik took its deadlines off before the handshake was through, and waited for ever.
test("Traefik CVE-2026-25949: a PROXY header that comes a byte at a time has one deadline for the whole", async () => {
  await using scene = new Scene();
  const plan = onePlan(
    { binds: [bindPlan({ acceptProxy: true })] },
    { servers: [serverPlan("s1", await scene.serve(""))] },
  );
  const [frontend] = plan.frontends;
  if (frontend === undefined) throw new Error("no frontend");
  const hasty = { ...frontend, timeouts: { ...frontend.timeouts, clientHandshakeMs: 200 } };
  await scene.apply({ ...plan, frontends: [hasty] });
  const client = await scene.open();
  using lag = watchLag();
  const begun = performance.now();
  const drip = setInterval(() => client.socket.write("1"), 20);
  client.socket.write("PROXY TCP4 ");
  await client.ended;
  clearInterval(drip);
  const took = performance.now() - begun;
  expect([took >= 190, took < 1500 + 2 * lag.worstMs]).toEqual([true, true]);
});
