/** Many reloads of random files under load: no connection is lost and no session cut. `make soak` does it a thousand times. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { seededRandom, type Random } from "../property/seed.ts";
import { descriptors, type Forwarder, residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";

const reloads = process.env["SOAK"] === "1" ? 1000 : 30;
/** How often the file of the start comes again, to be compared with itself. */
const everySo = 5;
const clientsAtOnce = 8;
const heldSessions = 20;

/** A file, and the ports at which it takes clients. */
interface Configuration {
  readonly text: string;
  readonly ports: ReadonlySet<number>;
}

/** Frontends, backends and servers of any name, number and order, over some of `ports`, to some of `servers`. */
function draw(random: Random, ports: readonly number[], servers: readonly number[]): Configuration {
  const lines = ["global"];
  const maybe = (...choices: string[]): void => {
    if (random.next() < 0.4) lines.push(random.pick(choices));
  };
  maybe("maxconn 500", "maxconn 600");
  maybe("set-var proc.x int(1)", "spread-checks 5");
  lines.push("defaults", "timeout connect 5s", "timeout client 10m", "timeout server 10m");
  maybe("option splice-auto", "option tcpka");
  if (random.next() < 0.3) lines.push("resolvers dns", "nameserver n 127.0.0.1:9");
  const names = ["a", "b", "c", "d"];
  const backends = shuffled(random, names).slice(0, random.between(1, 3));
  for (const name of backends) {
    lines.push(`backend ${name}`);
    maybe("balance leastconn", "balance source", "balance static-rr", "balance random", "balance first");
    maybe("retries 2", "option redispatch", "timeout check 2s", "fullconn 50");
    maybe("stick-table type ip size 100", "stick-table type ip size 200 expire 10s store gpc0");
    for (const port of shuffled(random, servers).slice(0, random.between(1, servers.length))) {
      const options = ["", "check", "weight 3", "maxconn 200", "check inter 1s", "slowstart 2s"];
      lines.push(`server s${random.between(1, 3)}-${port} 127.0.0.1:${port} ${random.pick(options)}`);
    }
  }
  const used = shuffled(random, ports).slice(0, random.between(2, ports.length));
  const cut = random.between(1, used.length);
  for (const [at, group] of [used.slice(0, cut), used.slice(cut)].entries()) {
    if (group.length === 0) continue;
    lines.push(`frontend f${at}${random.pick(names)}`);
    maybe("maxconn 400", "maxconn 300", "timeout client 9m");
    maybe("tcp-request connection accept", "tcp-request connection set-var(sess.a) int(1)", "option socket-stats");
    maybe("tcp-request content accept if { src 127.0.0.0/8 }");
    for (const port of group) lines.push(`bind 127.0.0.1:${port} ${random.pick(["", "", "name n", "backlog 500"])}`);
    lines.push(`use_backend ${random.pick(backends)} if { src 127.0.0.1 }`, `default_backend ${random.pick(backends)}`);
  }
  return { text: `${lines.join("\n")}\n`, ports: new Set(used) };
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random.between(0, rest.length - 1), 1)[0] as T);
}

async function echoes(socket: Socket, text: string): Promise<boolean> {
  socket.write(text);
  return (await readBytes(socket, text.length)).toString("latin1") === text;
}

/** Clients that come and go without a pause, at ports that stand. */
class Load implements Disposable {
  ports: ReadonlySet<number>;
  served = 0;
  readonly lost: string[] = [];
  readonly #busy = new Map<number, number>();
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(random: Random, ports: ReadonlySet<number>) {
    this.ports = ports;
    this.#clients = Array.from({ length: clientsAtOnce }, () => this.#come(random));
  }

  async #come(random: Random): Promise<void> {
    while (!this.#isOver) {
      if (this.ports.size === 0) await Bun.sleep(1);
      else await this.#visit(random.pick([...this.ports]));
    }
  }

  async #visit(port: number): Promise<void> {
    this.#busy.set(port, (this.#busy.get(port) ?? 0) + 1);
    try {
      const socket = await open(port);
      if (!(await echoes(socket, "hello"))) this.lost.push(`${port}: other bytes`);
      socket.destroy();
      this.served += 1;
    } catch (error) {
      this.lost.push(`${port}: ${String(error)}`);
    }
    this.#busy.set(port, (this.#busy.get(port) ?? 1) - 1);
  }

  /** From now on at these only; resolves when nobody is anywhere else. */
  async keepTo(ports: ReadonlySet<number>): Promise<void> {
    this.ports = ports;
    await waitUntil("clients at ports that go", () =>
      [...this.#busy].every(([port, count]) => count === 0 || ports.has(port)),
    );
  }

  /** However a test ends: nobody goes on knocking where nobody listens any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

async function reload(forwarder: Forwarder, next: Configuration, load: Load, former: Configuration): Promise<void> {
  await load.keepTo(new Set([...next.ports].filter((port) => former.ports.has(port))));
  writeFileSync(forwarder.file, next.text);
  const { stderr } = forwarder.process;
  const ended = (): number => stderr.all.filter((line) => /Loading (?:success|failed)/.test(line)).length;
  const before = ended();
  forwarder.process.kill("SIGUSR2");
  await waitUntil("the end of the reload", () => ended() > before);
  if (stderr.all.at(-1)?.includes("Loading failed") === true) throw new Error(`${stderr.all.join("\n")}\n${next.text}`);
  load.ports = next.ports;
}

testWith(
  ["fairlead", "curl"],
  `${reloads} reloads under load: no connection lost, no session cut, nothing left behind`,
  async () => {
    const random = seededRandom("reloads");
    const echo = [await echoServer(), await echoServer(), await echoServer()];
    const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
    const servers = echo.map((one) => one.port);
    const first = draw(random, ports, servers);
    await using forwarder = await startForwarder(first.text, { whole: true });
    const [port = 0] = first.ports;
    const held = await Promise.all(Array.from({ length: heldSessions }, () => open(port)));
    for (const [at, socket] of held.entries()) expect(await echoes(socket, `first${at}`)).toBe(true);
    using load = new Load(random, first.ports);
    const looks: { descriptors: number; bytes: number }[] = [];
    let current = first;
    for (let count = 1; count <= reloads; count += 1) {
      const next = count % everySo === 0 ? first : draw(random, ports, servers);
      await reload(forwarder, next, load, current);
      current = next;
      for (const [at, socket] of held.entries()) {
        if (!(await echoes(socket, `still${at}`))) throw new Error(`session ${at} was cut by reload ${count}`);
      }
      if (next !== first) continue;
      await load.keepTo(new Set());
      // Sessions that have just ended give back their descriptors, and threads that have loaded theirs.
      const atFirst = looks[0]?.descriptors ?? Infinity;
      const open = await waitUntil("as many descriptors as at first", () => {
        const { sockets, others } = descriptors(forwarder.pid);
        return sockets + others <= atFirst ? sockets + others : null;
      });
      looks.push({ descriptors: open, bytes: residentBytes(forwarder.pid) });
      load.ports = first.ports;
    }
    await load.end();
    expect(load.lost).toEqual([]);
    expect(load.served).toBeGreaterThan(reloads);
    console.log(`${load.served} connections, ${reloads} reloads, ${JSON.stringify(looks.slice(-3))}`);
    expectFlat(looks.map((one) => one.bytes));
    for (const socket of held) socket.end();
    await forwarder.expectQuiet();
    for (const one of echo) await one[Symbol.asyncDispose]();
  },
  reloads * 2000 + 60_000,
);

/** The least of the last third is no more than a little above the least of the third before it. */
function expectFlat(bytes: readonly number[]): void {
  const third = Math.floor(bytes.length / 3);
  const least = (from: number, to: number): number => Math.min(...bytes.slice(from, to));
  const mebibytes = 1024 * 1024;
  expect(least(2 * third, bytes.length) / mebibytes).toBeLessThan(least(third, 2 * third) / mebibytes + 32);
}
