/** A reload ends where a new start with the same file would, whatever ran before, and leaves sessions alone. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../../src/events.ts";
import type { ListenOptions } from "../../src/net/transport.ts";
import type { SocketAddress } from "../../src/address.ts";
import { columns } from "../../src/ops/stats/columns.ts";
import { statsRows } from "../../src/ops/stats/rows.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { ResolversPlan } from "../../src/plan/resolvers.ts";
import type { NamedResolver, NameRequest } from "../../src/proxy/names/name-resolver.ts";
import { Proxy } from "../../src/proxy/proxy.ts";
import { Turns } from "../../src/proxy/time/turns.ts";
import { readText } from "../cases/case.ts";
import { change, draw, drawFiles, write } from "./configurations.ts";
import { LooplessTransport } from "./loopless-transport.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const pairs = process.env["SOAK"] === "1" ? 20_000 : 400;

/** Timers that the test's processes have set and not ended; time stands still, so none runs. A new start has as many as a reload leaves. */
class Timers {
  readonly #real = { setTimeout, clearTimeout, setInterval, clearInterval };
  /** With the time they were set for. */
  readonly active = new Map<unknown, number>();
  /** What else goes on in this process has timers that run. */
  readonly #inside = new AsyncLocalStorage<true>();

  watch(): void {
    const set = (real: typeof setTimeout) =>
      ((run: () => void, ms = 0, ...given: unknown[]): unknown => {
        if (this.#inside.getStore() === undefined) return real(run, ms, ...given);
        const timer = { ref: () => timer, unref: () => timer };
        this.active.set(timer, ms);
        return timer;
      }) as unknown as typeof setTimeout;
    const clear = (real: typeof clearTimeout) => (timer: Parameters<typeof clearTimeout>[0]) => {
      if (!this.active.delete(timer)) real(timer);
    };
    const { setTimeout: once, setInterval: often, clearTimeout: end, clearInterval: stop } = this.#real;
    const every = set(often as unknown as typeof setTimeout);
    Object.assign(globalThis, {
      setTimeout: set(once),
      setInterval: every,
      clearTimeout: clear(end),
      clearInterval: clear(stop),
    });
  }

  /** Has what `work` sets counted. */
  within<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inside.run(true, work);
  }

  restore(): void {
    Object.assign(globalThis, this.#real);
  }
}

const timers = new Timers();
beforeAll(() => timers.watch());
afterAll(() => timers.restore());

/** One process: a proxy, its sockets, and who follows names. */
class Process {
  readonly transport = new LooplessTransport();
  readonly events: Event[] = [];
  readonly following = new Set<{ readonly request: NameRequest; readonly section: ResolversPlan }>();
  readonly proxy = new Proxy(this.transport, (event) => void this.events.push(event), {
    resolver: (plan) => this.#resolver(plan),
    turns: new Turns(5),
  });

  #resolver(plan: ResolversPlan): NamedResolver {
    return {
      plan,
      stats: () => ({ name: plan.name, nameservers: [] }),
      clearCounters: () => {},
      lookUp: () => () => {},
      stop: () => {
        for (const one of this.following)
          if (one.section === plan) throw new Error(`${one.request.host} is followed still`);
      },
      follow: (request) => {
        const one = { request, section: plan };
        this.following.add(one);
        return { hurry: () => {}, stop: () => void this.following.delete(one) };
      },
    };
  }

  async apply(plan: Plan): Promise<void> {
    const failures = await this.proxy.apply(plan);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
  }

  /** As many clients at every address, from `hosts` in turn, who stay or leave at once. */
  async visit(count: number, stays: boolean): Promise<void> {
    const sockets = [...this.transport.listeners].map(({ options }) => options.address as SocketAddress);
    for (const address of sockets.toSorted(byText)) {
      for (let at = 0; at < count; at += 1) {
        const host = hosts[at % hosts.length] as string;
        this.transport.open(address, { kind: "tcp", host, port: 1024 + at });
        await settled();
        if (!stays) await this.empty();
      }
    }
  }

  /** Everybody who is served leaves, and whoever is served then, until nobody is; those who wait for good are sent away. */
  async empty(): Promise<void> {
    while (this.transport.relays.size > 0) {
      for (const one of this.transport.relays) one.end();
      await settled();
    }
    for (const session of this.proxy.running.sessions.running) session.kill("K");
    await settled();
    // Its look once a second ends by itself, but time stands still here.
    this.proxy.running.sessions.bytesOut.stop();
  }

  /** What a proxy must never leave undone: room where somebody waits for it. */
  idlers(): string[] {
    const found: string[] = [];
    for (const { plan, queue, servers } of this.proxy.running.backends.values()) {
      for (const server of servers) {
        const waiting = [...server.queue.all(), ...(server.isTaking ? queue.all() : [])];
        const mayOne = waiting.some(({ queueSource }) => server.startups.mayBegin(queueSource));
        if (mayOne && server.served < server.slots) found.push(`${plan.name}/${server.name}`);
      }
    }
    for (const frontend of this.proxy.running.frontends.values()) {
      const [isFree, isPaused] = [frontend.waitMs() === 0, frontend.state === "paused"];
      for (const { plan, current } of isFree && !isPaused ? frontend.listeners : []) {
        const isFull = plan.maxconn > 0 && current >= plan.maxconn;
        const at = JSON.stringify(plan.address);
        const socket = [...this.transport.listeners].find(({ options }) => JSON.stringify(options.address) === at);
        if (!isFull && socket?.isPaused === true) found.push(frontend.plan.name);
      }
    }
    return found;
  }

  async stop(): Promise<void> {
    this.proxy.hardStop();
    await settled();
    await this.proxy.drained;
  }
}

/** Lets everything go on that waits for no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

/** What a new start may be asked about, without what has to do with time; and without what was counted before, which a reload keeps. */
function picture({ proxy, transport, following }: Process, plan: Plan, hasCounted: boolean): unknown {
  const { running, state } = proxy;
  const { startedAt, uptimeMs, transport: name, ...process } = proxy.operator.process;
  void [startedAt, uptimeMs, name];
  const clean = (one: object): unknown => withoutTimes(hasCounted ? withoutCounts(one) : one);
  return {
    process: clean(process),
    rows: hasCounted
      ? null
      : Array.from(statsRows(proxy.operator), (row) =>
          withoutTimes(Object.fromEntries(columns.map(({ name }) => [name, row.value(name)]))),
        ),
    backends: proxy.operator.backends().map(({ servers, ...one }) => [clean(one), servers.map((two) => clean(two))]),
    frontends: proxy.operator
      .frontends()
      .map(({ listeners, ...one }) => [clean(one), Array.from(listeners, (two) => clean(two))]),
    listeners: [...transport.listeners].map(({ options, isPaused }) => [where(options), isPaused]).toSorted(byText),
    // A disabled backend is known by its name only.
    servers: [...running.backends.values()]
      .filter((one) => !one.plan.disabled)
      .map((backend) => [
        backend.fullconn,
        backend.totalWeight,
        backend.servers.map((server) => {
          const { course, state, index, served, weight, weightBefore, isTaking, downTransitions } = server;
          const isPlans = plan.backends.some((one) => one.servers.includes(server.plan));
          const rest = { course, state, index, served, weight, weightBefore, isTaking, downTransitions };
          return [rest, isPlans, server.monitor?.isStopped, server.follower === null];
        }),
      ]),
    sockets: [...running.backends.values()].flatMap(({ servers }) =>
      servers.map((server) => [server.checkSocket, server.address === null ? null : server.connectOptions(anyone)]),
    ),
    relays: [...running.frontends.values()].flatMap((one) =>
      [...one.backends.values()].map((two) => one.limitsWith(two)),
    ),
    trackers: [...running.trackers].map(([server, list]) => [server.name, list.map((one) => one.name)]),
    following: [...following]
      .map(({ request, section }) => [request.host, request.family, request.plan.name, { ...section, position: null }])
      .toSorted(byText),
    tables: [...proxy.tables.all()].map((table) => [table.plan, table.used]),
    variables: [...state.variables.values].map(([name, { type, value }]) => [name, type, String(value)]),
    limits: [state.maxConnRate, state.maxSessRate, state.bufsizeBytes, state.splice, state.variables.limits],
    patterns: [...proxy.tables.patterns.all()].map((list) => Array.from(list.entries(), ({ key }) => key)),
    notReady: [...proxy.operator.readiness()],
    timers: set().length,
  };
}

const anyone = {
  source: { kind: "tcp", host: "10.0.0.1", port: 1024 },
  destination: { kind: "tcp", host: "127.0.0.1", port: 22 },
} as const;

/** What the system knows of a listening socket: of one with an abstract name little else. */
function where(options: ListenOptions): unknown {
  const { address, backlog, keepAlive, buffers } = options;
  if (address.kind === "abstract") return { address, backlog, keepAlive, buffers };
  const notSockets = ["position", "text", "name", "id", "maxconn", "acceptProxy"];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !notSockets.includes(name)));
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

const timely = new Set([
  "lastchg",
  "downtime",
  "lastChangeSeconds",
  "downtimeSeconds",
  "lastSessionSeconds",
  "lastsess",
]);

function withoutTimes(one: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(one).filter(([name]) => !timely.has(name)));
}

/** How many sessions each server of each backend had, by the backend's algorithm. */
function shares({ proxy }: Process): [string, number, string][] {
  return proxy.operator
    .backends()
    .flatMap(({ name, algorithm, servers }) =>
      servers.map((one): [string, number, string] => [`${name}/${one.name}`, one.sessionsTotal, algorithm]),
    );
}

/** What is left of figures when sessions have been counted. */
function withoutCounts(one: object): object {
  return Object.fromEntries(Object.entries(one).filter(([name]) => !counts.has(name)));
}

const counts = new Set(
  `current max total totalConnections totalRequests maxConnections connectionsTotal sessionsTotal bytesIn bytesOut connectionRate
  sessionRate queuedMax connectErrors responseErrors retries redispatches clientAborts serverAborts picked averageQueueMs
  averageConnectMs averageTotalMs maxQueueMs maxConnectMs maxTotalMs downTransitions requestErrors
  deniedConnections deniedSessions deniedRequests deniedResponses errors`.split(/\s+/),
);

function less(all: [string, number, string][], former: [string, number, string][]): [string, number, string][] {
  return all.map(([name, count, algorithm], at) => [name, count - (former[at]?.[1] ?? 0), algorithm]);
}

/** Times of the timers that are set: without the one look at sessions that connect slowly, which finds none. */
function set(): readonly number[] {
  return [...timers.active.values()].filter((ms) => ms !== 100);
}

/** Those that a stopped process has left. */
function left(): readonly number[] {
  const all = set();
  timers.active.clear();
  return all;
}

const random = seededRandom("reload");
const addressOf = (place: string): string => place.replace("127.0.0.1:%", "127.0.0.1:300").replace("%", "-");
const hosts = ["10.0.0.1", "10.1.0.2", "10.0.0.3", "10.1.0.4"];

test(`${pairs} pairs of files`, () => timers.within(comparePairs), 600_000);

async function comparePairs(): Promise<void> {
  let compared = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const former = draw(random);
    const next = change(random, former);
    const texts = [write(former, addressOf), write(next, addressOf)] as const;
    const isBusy = random.next() < 0.5;
    const files = drawFiles(random);
    const first = readText(texts[0], drawFiles(random));
    const [second, again] = [readText(texts[1], files), readText(texts[1], files)];
    if (first.plan === null || second.plan === null || again.plan === null) continue;
    compared += 1;
    const told = `${texts[0]}\n--- then ---\n${texts[1]}`;

    const reloaded = new Process();
    await reloaded.apply(first.plan);
    if (isBusy) await reloaded.visit(12, true);
    const served = [...reloaded.transport.relays];
    await reloaded.apply(second.plan);
    await settled();
    const cut = served.filter((one) => !reloaded.transport.relays.has(one)).length;
    expect({ told, cut, idle: reloaded.idlers() }).toEqual({ told, cut: 0, idle: [] });
    await reloaded.empty();
    const seen = picture(reloaded, second.plan, isBusy);
    const servedBefore = shares(reloaded);
    await reloaded.visit(12, false);
    const servedAfter = shares(reloaded);
    await reloaded.stop();
    expect([told, left()]).toEqual([told, []]);

    const fresh = new Process();
    await fresh.apply(again.plan);
    const wanted = picture(fresh, again.plan, isBusy);
    await fresh.visit(12, false);
    const servedFresh = shares(fresh);
    await fresh.stop();
    expect([told, left()]).toEqual([told, []]);
    expect({ told, ...(seen as object) }).toEqual({ told, ...(wanted as object) });
    expectAlike(less(servedAfter, servedBefore), servedFresh, told, isBusy);
  }
  expect(compared).toBeGreaterThan(pairs / 2);
}

/** The same servers, as often but for whose turn it was. */
function expectAlike(
  seen: readonly [string, number, string][],
  wanted: readonly [string, number, string][],
  told: string,
  hasTurned: boolean,
): void {
  expect([told, seen.map(([name]) => name)]).toEqual([told, wanted.map(([name]) => name)]);
  for (const [at, [name, count, algorithm]] of seen.entries()) {
    const other = wanted[at]?.[1] ?? 0;
    const isExact = algorithm === "source" || algorithm === "hash" || algorithm === "first";
    const isNear = Math.abs(count - other) <= (isExact ? 0 : algorithm === "random" || hasTurned ? Infinity : 6);
    expect({ told, name, count, other, isNear }).toEqual({ told, name, count, other, isNear: true });
  }
}
