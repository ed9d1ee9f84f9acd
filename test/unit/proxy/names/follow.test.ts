import { expect, setDefaultTimeout, test } from "bun:test";
import { follow } from "../../../../src/proxy/backend/server-name.ts";
import { preferred } from "../../../../src/proxy/names/follow.ts";
import { onePlan, serverPlan } from "../plans.ts";
import { Scene } from "../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const answers = ["10.0.0.1", "2001:db8::1", "192.0.2.7", "2001:db8:1::1"].map((host) => ({
  host,
  port: null,
  weight: null,
}));

function order(resolvePrefer: 4 | 6 | null, resolveNet: string[]): string[] {
  return preferred(answers, serverPlan("s1", 22, { resolvePrefer, resolveNet })).map((one) => one.host);
}

test("resolve-prefer counts more than resolve-net, and both more than the order of the answers", () => {
  expect(order(null, [])).toEqual(["10.0.0.1", "2001:db8::1", "192.0.2.7", "2001:db8:1::1"]);
  expect(order(null, ["192.0.2.0/24"])).toEqual(["192.0.2.7", "10.0.0.1", "2001:db8::1", "2001:db8:1::1"]);
  expect(order(6, ["192.0.2.0/24", "2001:db8:1::/48"])).toEqual([
    "2001:db8:1::1",
    "2001:db8::1",
    "192.0.2.7",
    "10.0.0.1",
  ]);
});

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
