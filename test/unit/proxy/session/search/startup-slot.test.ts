/** Sessions whose start-up counts: where they go, who waits for whom, and what is counted of that. */
import { expect, test } from "bun:test";
import type { SocketAddress } from "../../../../../src/address.ts";
import type { Connecting, ConnectOptions } from "../../../../../src/net/transport.ts";
import { sshDefaults } from "../../../../../src/plan/ssh/ssh.ts";
import { limitsStartups, startupsDefaults, type StartupsPlan } from "../../../../../src/plan/ssh/startups.ts";
import type { BackendPlan } from "../../../../../src/plan/proxy.ts";
import type { ServerPlan } from "../../../../../src/plan/server.ts";
import type { SshPlace, SshReading, SshStartup } from "../../../../../src/proxy/process/ssh-place.ts";
import type { Server } from "../../../../../src/proxy/backend/server.ts";
import { StartupSlot } from "../../../../../src/proxy/session/search/startup-slot.ts";
import { Proxy } from "../../../../../src/proxy/proxy.ts";
import type { SessionRecord } from "../../../../../src/session-record.ts";
import { LooplessTransport } from "../../../../property/loopless-transport.ts";
import { onePlan, serverPlan } from "../../plans.ts";

class HeldTransport extends LooplessTransport {
  /** Null: connections are there at once. */
  going: (() => void)[] | null = null;

  override connect(options: ConnectOptions): Connecting {
    const connecting = super.connect(options);
    const { going } = this;
    if (going === null) return connecting;
    return { ...connecting, whenDone: (handler) => void going.push(() => connecting.whenDone(handler)) };
  }
}

/** A proxy in front of `limits.length` servers that answer nothing; start-ups are over by the test's word. */
async function scene(
  limits: readonly Partial<StartupsPlan>[],
  own: Partial<BackendPlan> = {},
  server: Partial<ServerPlan> = {},
) {
  const transport = new HeldTransport();
  const overs: (() => void)[] = [];
  const graces: number[] = [];
  const reading = { facts: {}, whenTold: null, ended: () => {} } as unknown as SshReading;
  const place = {
    read: () => reading,
    readHeld: () => reading,
    watchStartup: (_: SshReading, graceMs: number, over: () => void): SshStartup => {
      overs.push(over);
      graces.push(graceMs);
      return { fromClient: () => true, fromServer: () => true, stop: () => {} };
    },
    refuse: () => false,
    allow: () => {},
    renew: () => {},
    lingering: 0,
    retire: () => {},
    cutOff: () => {},
  } as unknown as SshPlace;
  const records: SessionRecord[] = [];
  const proxy = new Proxy(transport, (event) => void (event.type === "session" && records.push(event.record)), {
    ssh: place,
  });
  const timeouts = { connectMs: 0, serverMs: 0, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
  const apply = async (to: readonly Partial<StartupsPlan>[]): Promise<void> => {
    const plans = to.map((one) => ({ ...startupsDefaults, ...one }));
    const servers = plans.map((startups, at) => serverPlan(`s${at + 1}`, 1000 + at, { startups, ...server }));
    const ssh = { ...sshDefaults, isRead: plans.some(limitsStartups) };
    expect(await proxy.apply(onePlan({}, { ssh, servers, timeouts, ...own }))).toEqual([]);
  };
  await apply(limits);
  const address = [...transport.listeners][0]?.options.address as SocketAddress;
  const backend = proxy.running.backends.get("be");
  if (backend === undefined) throw new Error("no backend");
  return {
    backend,
    apply,
    /** Connects that begin from now on end when it is said. */
    hold: (going: (() => void)[]) => void (transport.going = going),
    overs,
    graces,
    records,
    open: async (host: string): Promise<void> => {
      transport.open(address, { kind: "tcp", host, port: 1 });
      await settle();
    },
    over: async (at: number): Promise<void> => {
      overs[at]?.();
      await settle();
    },
    /** Of each server: start-ups and sessions. */
    at: () => backend.servers.map(({ startups, served }) => `${startups.current}/${served}`).join(" "),
    waiting: () => [backend.queue.length, ...backend.servers.map(({ queue }) => queue.length)].join(" "),
    [Symbol.asyncDispose]: async () => {
      proxy.hardStop();
      await settle();
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("more wait, and go in their order as others have started up", async () => {
  await using one = await scene([{ most: 2, graceMs: 1234 }]);
  for (const host of ["a", "b", "c", "d"]) await one.open(host);
  expect([one.at(), one.waiting(), one.backend.heldUp]).toEqual(["2/2", "2 0", { waited: 2, refused: 0 }]);
  expect(one.graces).toEqual([1234, 1234]);
  await one.over(0);
  await one.over(0);
  expect([one.at(), one.waiting()]).toEqual(["2/3", "1 0"]);
  await one.over(1);
  expect([one.at(), one.waiting()]).toEqual(["2/4", "0 0"]);
});

test("what is told of one that was given up concerns no later one", async () => {
  await using one = await scene([{ most: 1 }, { most: 1 }]);
  const { backend } = one;
  const [first, second] = backend.servers as [Server, Server];
  const slot = new StartupSlot({ source: { kind: "tcp", host: "a", port: 1 }, fail: () => {} }, backend);
  slot.take(first);
  const former = slot.underWay;
  slot.end();
  expect([slot.underWay, one.at()]).toEqual([null, "0/0 0/0"]);
  slot.take(second);
  former?.over();
  expect(one.at()).toBe("0/0 1/0");
  slot.underWay?.over();
  slot.end();
  expect(one.at()).toBe("0/0 0/0");
});

test("whose limit a reload takes back before it has its server counts no more", async () => {
  await using one = await scene([{ most: 1 }]);
  const going: (() => void)[] = [];
  one.hold(going);
  await one.open("a");
  expect([one.at(), going.length]).toEqual(["1/1", 1]);
  await one.apply([{}]);
  going[0]?.();
  await settle();
  expect([one.at(), one.overs.length]).toEqual(["0/1", 0]);
});

test("one source's many keep nobody else waiting", async () => {
  await using one = await scene([{ most: 3, perSource: 2 }]);
  for (const host of ["a", "a", "a", "a", "b"]) await one.open(host);
  expect([one.at(), one.waiting()]).toEqual(["3/3", "2 0"]);
  // An IPv4 address is the same one through an IPv6 socket.
  await using two = await scene([{ perSource: 1 }]);
  for (const host of ["::ffff:192.0.2.1", "192.0.2.1", "::1"]) await two.open(host);
  expect([two.at(), two.waiting()]).toEqual(["2/2", "1 0"]);
});

test("where its source has all at one server it goes to another, or to whichever is free first", async () => {
  await using one = await scene([{ perSource: 1 }, { perSource: 1 }], { balance: { algorithm: "first" } });
  for (const host of ["a", "a", "a"]) await one.open(host);
  expect([one.at(), one.waiting()]).toEqual(["1/1 1/1", "1 0 0"]);
  await one.over(1);
  expect([one.at(), one.waiting()]).toEqual(["1/1 1/2", "0 0 0"]);
});

test("who has a key for one server waits for that", async () => {
  await using one = await scene([{ perSource: 1 }, { perSource: 1 }], { balance: { algorithm: "source" } });
  for (const host of ["192.0.2.1", "192.0.2.1"]) await one.open(host);
  expect(one.waiting().split(" ").map(Number).toSorted()).toEqual([0, 0, 1]);
  expect(one.waiting().startsWith("0")).toBe(true);
});

test("who finds no room to wait is refused", async () => {
  const own = { balance: { algorithm: "source" }, redispatch: 0 } as const;
  await using one = await scene([{ most: 1 }], own, { maxqueue: 1 });
  for (const host of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) await one.open(host);
  expect([one.at(), one.waiting(), one.backend.heldUp]).toEqual(["1/1", "0 1", { waited: 1, refused: 1 }]);
  expect(one.records.map(({ termination }) => termination)).toEqual(["SQ"]);
});

test("who waits for too long is refused, as in any queue", async () => {
  const timeouts = { connectMs: 0, serverMs: 0, serverFinMs: 0, tunnelMs: 0, queueMs: 20, checkMs: 0 };
  await using one = await scene([{ most: 1 }], { timeouts });
  for (const host of ["a", "b"]) await one.open(host);
  for (let tries = 0; tries < 200 && one.records.length === 0; tries += 1) await Bun.sleep(5);
  const [record] = one.records;
  expect([record?.termination, record?.backendQueue, one.backend.heldUp]).toEqual(["sQ", 1, { waited: 1, refused: 1 }]);
  // Of others, whom maxconn keeps waiting, nothing is counted.
  await using other = await scene([{ most: 3 }], { timeouts }, { maxconn: 1 });
  for (const host of ["a", "b"]) await other.open(host);
  for (let tries = 0; tries < 200 && other.records.length === 0; tries += 1) await Bun.sleep(5);
  expect(other.backend.heldUp).toEqual({ waited: 0, refused: 0 });
});
