/** Start-up slots over any order of events: none is given out beyond a limit, none is lost, and nobody waits who might go. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { SocketAddress } from "../../src/address.ts";
import { type Connecting, type ConnectOptions, TransportError } from "../../src/net/transport.ts";
import { limitsStartups, startupsDefaults, type StartupsPlan } from "../../src/plan/ssh/startups.ts";
import { sshDefaults } from "../../src/plan/ssh/ssh.ts";
import type { SshPlace, SshReading, SshStartup } from "../../src/proxy/process/ssh-place.ts";
import { Proxy } from "../../src/proxy/proxy.ts";
import type { Server } from "../../src/proxy/backend/server.ts";
import { onePlan, serverPlan } from "../unit/proxy/plans.ts";
import { LooplessTransport } from "./loopless-transport.ts";
import { type Random, seededRandom } from "./seed.ts";

setDefaultTimeout(60_000);

const runs = process.env["SOAK"] === "1" ? 2000 : 60;

/** Some attempts fail at once, some when it is said. */
class FaultyTransport extends LooplessTransport {
  /** How many of ten fail. */
  failing = 0;
  constructor(readonly random: Random) {
    super();
  }

  override connect(options: ConnectOptions): Connecting {
    if (this.random.between(1, 10) > this.failing) return super.connect(options);
    const error = new TransportError("ECONNREFUSED", "Connection refused");
    return {
      done: new Promise(() => {}),
      whenDone: (handler) => queueMicrotask(() => handler.refused(error)),
      cancel: () => {},
    };
  }
}

/** Start-ups that are over when the test says so. */
class ScriptedSsh {
  readonly under = new Set<() => void>();

  get place(): SshPlace {
    const reading = { facts: {}, whenTold: null, ended: () => {} } as unknown as SshReading;
    return {
      read: () => reading,
      readHeld: () => reading,
      watchStartup: (_: SshReading, _graceMs: number, over: () => void): SshStartup => {
        this.under.add(over);
        return { fromClient: () => true, fromServer: () => true, stop: () => void this.under.delete(over) };
      },
      meet: () => null,
      misheaded() {},
      penaltyMs: () => null,
      renew() {},
      isForeign: () => false,
      refuse: () => false,
      tarpit: () => false,
      allow: () => {},
      lingering: 0,
      onLingered: null,
      retire: () => {},
      cutOff: () => {},
    };
  }
}

function planOf(limits: readonly StartupsPlan[], random: Random) {
  return onePlan(
    { timeouts: { clientMs: 0, clientFinMs: 0, clientHandshakeMs: 0 } },
    {
      // As a file's lines come to it.
      ssh: { ...sshDefaults, isRead: limits.some(limitsStartups) },
      retries: random.between(0, 1),
      redispatch: random.pick([0, 1]),
      balance: random.pick([{ algorithm: "roundrobin" }, { algorithm: "leastconn" }, { algorithm: "first" }] as const),
      servers: limits.map((startups, at) =>
        serverPlan(`s${at + 1}`, 1000 + at, {
          startups,
          maxconn: random.pick([0, 0, 4]),
          maxqueue: random.pick([0, 0, 3]),
        }),
      ),
      timeouts: { connectMs: 0, serverMs: 0, serverFinMs: 0, tunnelMs: 0, queueMs: random.pick([0, 30]), checkMs: 0 },
    },
  );
}

function drawLimits(random: Random): StartupsPlan[] {
  return [0, 1].map(() => ({
    most: random.between(0, 3),
    perSource: random.between(0, 2),
    graceMs: startupsDefaults.graceMs,
  }));
}

/** Turns of the loop, for what follows in microtasks and timers of no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Nobody waits in any queue who might go to a server now. */
function expectNoneForgotten(servers: readonly Server[]): void {
  for (const server of servers) {
    const { startups, backend, queue } = server;
    if (!server.mayTake || !server.isUsable) continue;
    const mayGo = ({ queueSource }: { readonly queueSource: string }): boolean => startups.mayBegin(queueSource);
    expect([server.name, queue.all().filter(mayGo).length]).toEqual([server.name, 0]);
    const shared = (backend as unknown as { queue: typeof queue }).queue;
    if (server.isTaking) expect([server.name, shared.all().filter(mayGo).length]).toEqual([server.name, 0]);
  }
}

const sources = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

/** How many count at a server, in all and of each source. */
function countsAt({ startups }: Server): number[] {
  return [startups.current, ...sources.map((source) => startups.countOf(source))];
}

function expectWithin(servers: readonly Server[], before: readonly (readonly number[])[]): void {
  for (const [at, server] of servers.entries()) {
    const { startups, served } = server;
    const { most, perSource } = startups.plan;
    for (const [index, count] of countsAt(server).entries()) {
      const limit = index === 0 ? most : perSource;
      // Whoever counted before a limit was lowered goes on to.
      if (limit > 0) expect(count).toBeLessThanOrEqual(Math.max(limit, before[at]?.[index] ?? 0));
    }
    expect(startups.current).toBeLessThanOrEqual(served);
  }
}

test("slots taken are slots given back, whatever ends a session", async () => {
  const random = seededRandom("startups");
  for (let round = 0; round < runs; round += 1) {
    const transport = new FaultyTransport(random);
    const ssh = new ScriptedSsh();
    const proxy = new Proxy(transport, () => {}, { ssh: ssh.place });
    let limits = drawLimits(random);
    expect(await proxy.apply(planOf(limits, random))).toEqual([]);
    const address = [...transport.listeners][0]?.options.address as SocketAddress;
    const backend = proxy.running.backends.get("be");
    if (backend === undefined) throw new Error("no backend");
    for (let step = 0; step < 80; step += 1) {
      const before = backend.servers.map(countsAt);
      const draw = random.between(1, 20);
      transport.failing = random.pick([0, 0, 3]);
      if (draw <= 9) transport.open(address, { kind: "tcp", host: random.pick(sources), port: 1 });
      else if (draw <= 13 && ssh.under.size > 0) random.pick([...ssh.under])();
      else if (draw <= 16 && transport.relays.size > 0) random.pick([...transport.relays]).end();
      else if (draw === 17) {
        const running = [...proxy.running.sessions.running] as unknown as { kill(letter: "K"): void }[];
        if (running.length > 0) random.pick(running).kill("K");
      } else if (draw === 18) {
        const server = random.pick(backend.servers);
        random.pick([() => server.hold(), () => server.ready(), () => server.drain(), () => server.ready()])();
      } else if (draw === 19) {
        limits = drawLimits(random);
        expect(await proxy.apply(planOf(limits, random))).toEqual([]);
      }
      await settle();
      expectWithin(backend.servers, before);
      expectNoneForgotten(backend.servers);
      const running = [...proxy.running.sessions.running] as unknown as { readonly state: string }[];
      const connecting = running.filter(({ state }) => state === "connecting").length;
      // Whoever counts is watched.
      const counted = backend.servers.reduce((sum, { startups }) => sum + startups.current, 0);
      expect(counted).toBeLessThanOrEqual(ssh.under.size + connecting);
    }
    for (const server of backend.servers) server.ready();
    proxy.hardStop();
    await settle();
    const left = backend.servers.map(({ startups, served, queue }) => [startups.current, served, queue.length]);
    expect([...left, [ssh.under.size, backend.queue.length, backend.served]]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  }
});
