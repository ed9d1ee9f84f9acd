/** Balancing over servers of which some rest, by every algorithm: others are taken where there are any, and those that wait wait for them. */
import { afterEach, expect, test } from "bun:test";
import type { BackendPlan } from "../../../../../src/plan/proxy.ts";
import { onePlan, serverPlan } from "../../plans.ts";
import { Scene } from "../../proxy-scene.ts";

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene[Symbol.asyncDispose]();
});

async function backend(algorithm: string, own: Partial<BackendPlan> = {}) {
  const scene = new Scene();
  scenes.push(scene);
  const servers = [1, 2, 3].map((index) => serverPlan(`s${index}`, 1));
  const balance = { ...onePlan({}, {}).backends[0]!.balance, algorithm };
  await scene.apply(onePlan({}, { servers, balance, ...own }));
  return scene.proxy.running.backends.get("be")!;
}

for (const [algorithm, method] of [
  ["roundrobin", "map-based"],
  ["static-rr", "map-based"],
  ["leastconn", "map-based"],
  ["first", "map-based"],
  ["random", "map-based"],
  ["source", "map-based"],
  ["source", "consistent"],
] as const)
  test(`${algorithm}, ${method}`, async () => {
    const { hashType } = onePlan({}, {}).backends[0]!;
    const be = await backend(algorithm, { hashType: { ...hashType, method } });
    const [one, two, three] = be.servers as [(typeof be.servers)[0], (typeof be.servers)[0], (typeof be.servers)[0]];
    const picked = (avoid: (typeof be.servers)[0] | null = null): Set<string> => {
      const keys = Array.from({ length: 60 }, (_, index) =>
        algorithm === "source" ? (index * 2654435761) >>> 0 : null,
      );
      return new Set(
        keys.map((key) => {
          const server = be.pick(key, avoid)!;
          // As a session does, so that leastconn goes on.
          server.take();
          server.release();
          return server.name;
        }),
      );
    };
    one.rest("full");
    expect(picked().has("s1")).toBe(false);
    expect(picked().size).toBeGreaterThan(0);
    two.rest("closed");
    expect(picked()).toEqual(new Set(["s3"]));
    three.rest("not-allowed");
    expect(picked().size).toBeGreaterThan(0);
    // None of them is the only one any more.
    for (const server of be.servers) server.close();
    expect(be.servers.map(({ restsFor }) => restsFor)).toEqual([null, null, null]);
    if (algorithm !== "first" && algorithm !== "leastconn") expect(picked()).toEqual(new Set(["s1", "s2", "s3"]));
  });
