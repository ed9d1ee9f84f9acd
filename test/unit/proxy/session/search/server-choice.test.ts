/** Who is led where: an RDP cookie to its server, and whom nothing leads to one. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Plan } from "../../../../../src/plan/plan.ts";
import { readText } from "../../../../cases/case.ts";
import { backendPlan, onePlan, serverPlan } from "../../plans.ts";
import { Scene } from "../../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** What a client that says `text` gets. */
async function ask(scene: Scene, text: Buffer): Promise<string> {
  const client = await scene.open();
  client.socket.write(text);
  await scene.until(() => /^(?:one|two|three)/.test(client.received));
  client.socket.end();
  await client.ended;
  return /^(?:one|two|three)/.exec(client.received)?.[0] ?? "";
}

/** The first bytes of a client with such a cookie. */
function hello(cookie: string): Buffer {
  const line = Buffer.from(`Cookie: msts=${cookie}\r\n`);
  return Buffer.concat([Buffer.from([3, 0, 0, line.length + 11, line.length + 6, 0xe0, 0, 0, 0, 0, 0]), line]);
}

function swapped(port: number): number {
  return ((port & 255) << 8) | (port >> 8);
}

test("an RDP cookie leads to its server, unless that is away", async () => {
  await using scene = new Scene();
  const [one, two] = [await scene.serve("one"), await scene.serve("two")];
  const { plan } = readText(`defaults
 timeout client 5s
 timeout server 5s
 timeout connect 5s
frontend fe
 bind 127.0.0.1:1
 tcp-request inspect-delay 5s
 tcp-request content accept if RDP_COOKIE
 default_backend be
backend be
 persist rdp-cookie
 balance roundrobin
 server s1 127.0.0.1:${one}
 server s2 127.0.0.1:${two}
`);
  if (plan === null) throw new Error("no plan");
  const frontends = plan.frontends.map((front) => ({
    ...front,
    binds: front.binds.map((bind) => ({ ...bind, address: { ...bind.address, port: 0 } as typeof bind.address })),
  }));
  await scene.apply({ ...plan, frontends });
  for (const _ of [1, 2, 3]) expect(await ask(scene, hello(`16777343.${swapped(two)}.0000`))).toBe("two");
  scene.proxy.operator.setServerState("be", "s2", "maint");
  expect(await ask(scene, hello(`16777343.${swapped(two)}.0000`))).toBe("one");
});

test("`dispatch` is where clients go, through reloads that move it or take it away", async () => {
  await using scene = new Scene();
  const [one, two, three] = [await scene.serve("one"), await scene.serve("two"), await scene.serve("three")];
  const planOf = (port: number | null): Plan => {
    const direct = port === null ? null : serverPlan("", port);
    return onePlan({}, { servers: [serverPlan("s1", one)], direct });
  };
  const moves = [
    [two, "two"],
    [two, "two"],
    [three, "three"],
    [null, "one"],
    [two, "two"],
  ] as const;
  for (const [port, expected] of moves) {
    await scene.apply(planOf(port));
    expect(await ask(scene, Buffer.from("hello"))).toBe(expected);
  }
  expect(backendPlan({}).direct).toBeNull();
});
