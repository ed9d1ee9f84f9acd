/** Host keys of scripted servers as a proxy's plan has them looked at. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../../../../src/events.ts";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { HostKeys } from "../../../../src/ssh/hostkeys/host-keys.ts";
import { AddressPace } from "../../../../src/ssh/hostkeys/address-pace.ts";
import { formatSshDisconnect } from "../../../../src/wire/ssh/disconnect.ts";
import { fingerprintOf } from "../../../../src/wire/ssh/kex/host-key.ts";
import { onePlan, serverPlan } from "../../proxy/plans.ts";
import { Scene } from "../../proxy/proxy-scene.ts";
import { ed25519Key, rsaKey, type ServerKey } from "../../wire/ssh/kex/server-side.ts";
import { settled } from "../inventory/facts.ts";
import {
  ordinaryLists,
  rawServer,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from "../probe/scripted-server.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const [a, b] = [ed25519Key(), ed25519Key()];
const rsa = rsaKey();
const [printA, printB, printRsa] = [a, b, rsa].map(({ blob }) => fingerprintOf(blob)) as [string, string, string];

/** A script whose key may become another one while its server listens. */
function holding(key: ServerKey, more: Partial<Script> = {}): Script & { readonly keys: Map<string, ServerKey> } {
  return { ...more, keys: new Map([["ssh-ed25519", key]]) };
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  open.push(server);
  return server;
}

interface Wanted {
  readonly port: number;
  readonly pins?: readonly string[];
  readonly own?: Partial<ServerPlan>;
  readonly isWatched?: boolean;
}

/** A proxy with servers s1, s2, … at these ports. */
class Stage {
  readonly scene = new Scene();
  readonly hostKeys = new HostKeys("fairlead_1", new AddressPace(undefined, 20));

  constructor() {
    open.push(this.scene, { [Symbol.asyncDispose]: async () => this.hostKeys.stop() });
  }

  async run(servers: readonly Wanted[], interMs = 30): Promise<void> {
    const plans = servers.map(({ port, pins = [], own = {}, isWatched = true }, at) =>
      serverPlan(`s${at + 1}`, port, { hostKeys: isWatched ? { interMs, pins } : null, ...own }),
    );
    await this.scene.apply(onePlan({}, { servers: plans }));
    settled(this.hostKeys.watch(this.scene.proxy.running));
  }

  /** Ticks as time would, until it holds. */
  until(holds: () => boolean): Promise<void> {
    return this.scene.until(() => {
      this.hostKeys.tick();
      return holds();
    });
  }

  get looks(): number {
    const { whole, failed } = this.hostKeys.looks;
    return whole + failed;
  }

  /** Until each has been looked at so often, and what is under way is over. */
  async looked(count: number): Promise<void> {
    await this.until(() => this.looks >= count);
  }

  get told(): string[] {
    return this.scene.events.flatMap((event: Event) =>
      event.type === "host-keys" ? [`${event.level} ${event.text}`] : [],
    );
  }

  get changes(): string[] {
    return this.scene.events.flatMap((event: Event) =>
      event.type === "server"
        ? [`${event.server} ${event.from}>${event.to} ${event.check?.info ?? event.cause?.kind ?? ""}`]
        : [],
    );
  }

  get servers() {
    return [...this.hostKeys.backends()][0]?.servers ?? [];
  }

  state(name = "s1"): string {
    return this.scene.proxy.running.backends.get("be")?.find(name)?.state ?? "";
  }
}

describe("servers", () => {
  test("are looked at as sessions reach them, one connection a key, and agree", async () => {
    const stage = new Stage();
    const lists = { ...ordinaryLists, hostKey: "rsa-sha2-512,ssh-ed25519" };
    const script = (): Script => ({
      lists,
      keys: new Map([
        ["ssh-ed25519", a],
        ["rsa-sha2-512", rsa],
      ]),
    });
    const [one, two] = [await serve(script()), await serve(script())];
    const header = { version: 2 as const, options: [], tlvs: [] };
    await stage.run([{ port: one.port }, { port: two.port, own: { proxyHeader: { ...header, version: 1 } } }], 60_000);
    await stage.looked(2);
    expect([one.visits.length, two.visits.length]).toEqual([2, 2]);
    expect(two.visits[0]?.header).toMatch(new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${two.port}$`));
    expect(stage.told).toEqual([]);
    expect(stage.servers[0]).toMatchObject({
      address: `127.0.0.1:${one.port}`,
      pin: "none",
      failure: null,
      keys: [{ fingerprint: printA, isVerified: true }, { fingerprint: printRsa }],
    });
    // Its time has not come again.
    for (let turn = 0; turn < 5; turn++) stage.hostKeys.tick();
    expect(stage.looks).toBe(2);
  });

  test("that differ, change and agree again are told of once each", async () => {
    const stage = new Stage();
    const script = holding(b);
    await stage.run([{ port: (await serve(holding(a))).port }, { port: (await serve(script)).port }]);
    await stage.looked(6);
    const differ =
      /^alert Backend be: the host keys of its servers differ: ED25519 SHA256:\S+ \(s1 since \S+\), SHA256:\S+ \(s2 since \S+\)\.$/;
    expect(stage.told).toEqual([expect.stringMatching(differ)]);
    script.keys.set("ssh-ed25519", a);
    await stage.until(() => stage.told.length === 3);
    await stage.looked(stage.looks + 3);
    expect(stage.told.slice(1)).toEqual([
      expect.stringContaining(`alert Server be/s2 has another ED25519 host key: ${printA}, first seen `),
      "notice Backend be: the host keys of its servers are the same again.",
    ]);
    expect(stage.told[1]).toContain(`It had ${printB}, seen from `);
  });

  test("are compared once all of them have been looked at", async () => {
    const stage = new Stage();
    const scripts = [a, b, ed25519Key()].map((key) => holding(key));
    const servers = await Promise.all(scripts.map(serve));
    await stage.run(
      servers.map(({ port }) => ({ port })),
      60_000,
    );
    await stage.looked(3);
    expect(stage.told).toEqual([expect.stringMatching(/ \(s1 since .* \(s2 since .* \(s3 since /)]);
  });

  test("that cannot be read are told of once, and asked again later", async () => {
    const stage = new Stage();
    const refuses = await rawServer((socket) => void socket.end("Not allowed at this time\r\n"));
    open.push(refuses);
    await stage.run([{ port: refuses.port }, { port: (await serve(holding(a))).port }], 30);
    await stage.looked(4);
    expect(stage.told).toEqual([
      expect.stringMatching(/^notice Server be\/s1: its host keys could not be read: .*PerSourcePenalties\.$/),
    ]);
    expect(stage.servers[0]).toMatchObject({ keys: [], failure: expect.stringContaining("Not allowed at this time") });
  });

  test("that show a key which they do not have are told of", async () => {
    const stage = new Stage();
    const forged: ServerKey = { blob: a.blob, sign: b.sign };
    await stage.run([{ port: (await serve(holding(forged))).port, pins: [printA] }]);
    await stage.looked(2);
    expect(stage.told).toEqual(["alert Server be/s1 shows a host key that it does not have (ssh-ed25519)."]);
    expect(stage.state()).toBe("DOWN");
    expect(stage.changes).toEqual(["s1 no check>DOWN it has proved to have none of the pinned host keys"]);
  });

  test("in maintenance, down or without an address of their own are not looked at", async () => {
    const stage = new Stage();
    const server = await serve(holding(a));
    const anywhere = {
      kind: "tcp",
      host: "0.0.0.0",
      isName: false,
      family: 4,
      port: server.port,
      portOffset: 0,
    } as const;
    const servers = (isWatched: boolean): Wanted[] => [
      { port: server.port, isWatched, own: { disabled: true } },
      { port: server.port, isWatched, own: { address: { ...anywhere, host: "127.0.0.1", port: null } } },
      { port: server.port, isWatched, own: { address: anywhere } },
      { port: server.port, isWatched },
    ];
    await stage.run(servers(false));
    stage.scene.proxy.operator.setServerHealth("be", "s4", "down");
    await stage.run(servers(true));
    await stage.looked(0);
    expect([stage.looks, server.visits.length]).toEqual([0, 0]);
    stage.scene.proxy.operator.setServerState("be", "s1", "ready");
    await stage.looked(4);
    expect(stage.servers.map(({ keys }) => keys.length)).toEqual([1, 0, 0, 0]);
  });
});

describe("a pinned server", () => {
  test("is down while it has another key, whatever its checks and operators say, and keeps its sessions", async () => {
    const stage = new Stage();
    const script = holding(a);
    await stage.run([{ port: (await serve(script)).port, pins: [printA] }]);
    expect(stage.servers[0]?.pin).toBe("unknown");
    await stage.looked(1);
    expect([stage.state(), stage.servers[0]?.pin]).toEqual(["no check", "held"]);
    const client = await stage.scene.open();
    client.socket.write("SSH-2.0-x\r\n");
    await stage.scene.until(() => client.received.length > 100);
    script.keys.set("ssh-ed25519", b);
    await stage.until(() => stage.state() === "DOWN");
    stage.scene.proxy.operator.setServerHealth("be", "s1", "up");
    expect([stage.state(), stage.servers[0]?.pin]).toEqual(["DOWN", "refused"]);
    // Its server hears it, and does as it says.
    client.socket.write(formatSshDisconnect(11, "bye"));
    await client.ended;
    script.keys.set("ssh-ed25519", a);
    await stage.until(() => stage.state() === "no check");
    expect(stage.changes).toEqual([
      `s1 no check>DOWN its ED25519 host key ${printB} is not the pinned one`,
      "s1 DOWN>no check its host keys are as pinned",
    ]);
  });

  test("is judged anew by a reload, by what is known of it", async () => {
    const stage = new Stage();
    const { port } = await serve(holding(a));
    await stage.run([{ port, pins: [printA] }], 60_000);
    await stage.looked(1);
    await stage.run([{ port, pins: [printB] }], 60_000);
    expect([stage.state(), stage.looks]).toEqual(["DOWN", 1]);
    await stage.run([{ port }], 60_000);
    expect(stage.state()).toBe("no check");
    await stage.run([{ port, pins: [printB] }], 60_000);
    await stage.run([{ port, isWatched: false }], 60_000);
    expect([stage.state(), stage.hostKeys.isWatching]).toEqual(["no check", false]);
    expect(stage.changes).toHaveLength(4);
    expect(stage.changes.at(-1)).toBe("s1 DOWN>no check reload");
  });

  test("of which a look has failed stays as it was", async () => {
    const stage = new Stage();
    const script = holding(b);
    await stage.run([{ port: (await serve(script)).port, pins: [printA] }]);
    await stage.until(() => stage.state() === "DOWN");
    script.keys.clear();
    await stage.until(() => stage.servers[0]?.failure !== null);
    expect([stage.state(), stage.servers[0]?.pin]).toEqual(["DOWN", "refused"]);
  });

  test("of which not enough was read stays as it was", async () => {
    const stage = new Stage();
    const script = holding(b, { lists: { ...ordinaryLists, hostKey: "ssh-ed25519,rsa-sha2-512" } });
    script.keys.set("rsa-sha2-512", rsa);
    await stage.run([{ port: (await serve(script)).port, pins: [printA] }]);
    await stage.until(() => stage.state() === "DOWN");
    script.keys.delete("ssh-ed25519");
    await stage.until(() => stage.servers[0]?.failure !== null);
    expect([stage.state(), stage.servers[0]?.pin, stage.changes.length]).toEqual(["DOWN", "refused", 1]);
  });

  test("that goes elsewhere is not yet known there", async () => {
    const stage = new Stage();
    const [one, two] = [await serve(holding(b)), await serve(holding(a))];
    await stage.run([{ port: one.port, pins: [printA] }], 60_000);
    await stage.until(() => stage.state() === "DOWN");
    stage.scene.proxy.operator.setServerAddress("be", "s1", "127.0.0.1", two.port);
    await stage.until(() => stage.servers[0]?.pin === "held");
    expect(stage.changes).toEqual([
      `s1 no check>DOWN its host key is not pinned: ${printB} (ED25519)`,
      "s1 DOWN>no check it has another address now",
    ]);
  });

  test("takes those down that track it", async () => {
    const stage = new Stage();
    const { port } = await serve(holding(b));
    await stage.run([
      { port, pins: [printA] },
      { port, isWatched: false, own: { track: { backend: "be", server: "s1" } } },
    ]);
    await stage.until(() => stage.state() === "DOWN");
    expect(stage.state("s2")).toBe("DOWN");
  });
});

test("a server that a reload takes away is asked no more, and nothing is told of it", async () => {
  const stage = new Stage();
  const [one, two] = [await serve(holding(b)), await serve(holding(a))];
  await stage.run([{ port: two.port }, { port: one.port, pins: [printA] }]);
  await stage.until(() => stage.state("s2") === "DOWN");
  const { length } = stage.changes;
  await stage.run([{ port: two.port }]);
  const visits = one.visits.length;
  await stage.looked(stage.looks + 3);
  expect([one.visits.length, stage.changes.length]).toEqual([visits, length]);
});

test("many servers of a backend are asked one after the other", async () => {
  const stage = new Stage();
  let [now, most] = [0, 0];
  const slow = (): Promise<ScriptedServer> =>
    rawServer((socket) => {
      most = Math.max(most, ++now);
      socket.on("close", () => (now -= 1));
      setTimeout(() => socket.end("Exceeded MaxStartups\r\n"), 5);
      socket.resume();
    });
  const servers = await Promise.all(Array.from({ length: 5 }, slow));
  open.push(...servers);
  await stage.run(
    servers.map(({ port }) => ({ port })),
    60_000,
  );
  await stage.looked(5);
  expect(most).toBe(1);
});

test("who stops asks nobody any more", async () => {
  const stage = new Stage();
  const server = await serve(holding(a));
  await stage.run([{ port: server.port }]);
  await stage.looked(1);
  stage.hostKeys.stop();
  const { looks } = stage;
  await stage.run([{ port: server.port }, { port: server.port }]);
  for (let turn = 0; turn < 5; turn++) {
    stage.hostKeys.tick();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(stage.looks).toBe(looks);
});
