import { expect, setDefaultTimeout, test } from "bun:test";
import { follow } from "../../../../src/proxy/backend/server-name.ts";
import { onePlan, serverPlan } from "../plans.ts";
import { Scene } from "../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("an address that an operator gave stays where libc found the name, and goes with the next answer of a resolver", async () => {
  for (const [resolvers, expected] of [
    [null, "127.0.0.9"],
    ["r", "127.0.0.1"],
  ] as const) {
    await using scene = new Scene();
    const named = { kind: "tcp", host: "localhost", isName: true, family: 4, port: 9, portOffset: 0 } as const;
    const server = serverPlan("s1", 9, { address: named, text: "localhost:9", resolvers, initAddr: ["libc"] });
    await scene.apply(onePlan({}, { servers: [server] }));
    const [running] = scene.proxy.running.backends.get("be")?.servers ?? [];
    if (running === undefined) throw new Error("it runs");
    expect(scene.proxy.operator.setServerAddress("be", "s1", "127.0.0.9", null)).toBeNull();
    follow(running, [{ host: "127.0.0.1", port: null, weight: null }], "libc");
    expect(running.address).toEqual({ kind: "tcp", host: expected, port: 9 });
  }
});
