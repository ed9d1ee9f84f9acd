/**
 * Two machines with keepalived and fairlead each, made of network namespaces, and one address: ssh sessions arrive all the
 * while, fairlead is killed on the machine that has the address, then the other machine's cable is pulled.
 */
import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandPath, type Running, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { type Namespace, namespace } from "../e2e/namespace.ts";
import { type Sshd, startSshd, user } from "../e2e/sshd.ts";
import { shipped } from "./stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const program = join(shipped, "bin/fairlead");
const shared = "10.99.0.10";
const server = "10.99.0.1";

/** One of the pair. */
interface Machine {
  readonly name: string;
  readonly space: Namespace;
  readonly keepalived: Running;
  fairlead: Running;
  hasAddress(): Promise<boolean>;
  startFairlead(): Running;
}

/** Joins a namespace to the bridge in `hub`; `cable` is the hub's end. */
async function plug(hub: Namespace, space: Namespace, cable: string, address: string): Promise<void> {
  const pid = space.prefix[space.prefix.indexOf("-t") + 1] ?? "";
  await hub.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", pid);
  await hub.run("ip", "link", "set", cable, "master", "lan");
  await hub.run("ip", "link", "set", cable, "up");
  await space.run("ip", "addr", "add", `${address}/24`, "dev", "eth0");
  await space.run("ip", "link", "set", "eth0", "up");
}

function startMachine(name: string, space: Namespace, folder: string, port: number, priority: number): Machine {
  const file = join(folder, `${name}.cfg`);
  writeFileSync(
    file,
    `defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
listen ssh
    bind *:22
    server one ${server}:${port}
`,
  );
  const configuration = readFileSync(join(shipped, "keepalived/keepalived.conf"), "utf8")
    .replace("/usr/local/bin/fairlead", program)
    .replace("priority 250", `priority ${priority}`)
    .replace("192.0.2.10/24", `${shared}/24`);
  const own = join(folder, `${name}.conf`);
  writeFileSync(own, configuration);
  const pids = ["-p", "-r", "-c"].flatMap((flag) => [flag, join(folder, `${name}${flag}.pid`)]);
  const startFairlead = (): Running => start([...space.prefix, program, "-db", "-f", file]);
  return {
    name,
    space,
    fairlead: startFairlead(),
    startFairlead,
    keepalived: start([...space.prefix, commandPath("keepalived"), "-P", "-n", "-l", "-D", "-f", own, ...pids]),
    hasAddress: async () => (await space.run("ip", "-4", "addr", "show", "dev", "eth0")).includes(`${shared}/`),
  };
}

interface Attempt {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly worked: boolean;
}

/** Sessions that arrive one after the other, whether or not earlier ones have ended. */
class Arrivals implements AsyncDisposable {
  readonly attempts: Attempt[] = [];
  readonly #command: readonly string[];
  readonly #running = new Set<Running>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(hub: Namespace, sshd: Sshd) {
    const options = ["-o", "ConnectTimeout=2", ...sshd.options];
    this.#command = [...hub.prefix, commandPath("ssh"), ...options, `${user}@${shared}`, "true"];
    this.#timer = setInterval(() => void this.#attempt(), 150);
  }

  async #attempt(): Promise<void> {
    const startedAt = performance.now();
    const session = start(this.#command);
    this.#running.add(session);
    const worked = (await session.exited) === 0;
    this.#running.delete(session);
    this.attempts.push({ startedAt, endedAt: performance.now(), worked });
  }

  /** Waits for a session that began after `at` and worked; how long after `at` it was through, in seconds. */
  async gapSince(at: number): Promise<number> {
    const first = await waitUntil(
      "a session works again",
      () => this.attempts.find((one) => one.worked && one.startedAt > at && this.#hasFailedSince(at)) ?? null,
    );
    return (first.endedAt - at) / 1000;
  }

  #hasFailedSince(at: number): boolean {
    return this.attempts.some((one) => !one.worked && one.endedAt > at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // Those that were in the machine that is gone would wait for it.
    await Promise.all([...this.#running].map((session) => session[Symbol.asyncDispose]()));
  }
}

testWith(
  ["root", "keepalived", "ip", "unshare", "nsenter", "sshd", "ssh"],
  "a VRRP pair gives its address to the other machine when fairlead dies, and when the machine does",
  async () => {
    using folder = scratch();
    await using hub = await namespace();
    await using one = await namespace();
    await using two = await namespace();
    await hub.run("ip", "link", "add", "lan", "type", "bridge", "forward_delay", "0");
    await hub.run("ip", "addr", "add", `${server}/24`, "dev", "lan");
    await hub.run("ip", "link", "set", "lan", "up");
    await plug(hub, one, "one", "10.99.0.2");
    await plug(hub, two, "two", "10.99.0.3");
    await using sshd = await startSshd({ address: server, port: 22, prefix: hub.prefix });

    const machines = [
      startMachine("one", one, folder.path, sshd.port, 250),
      startMachine("two", two, folder.path, sshd.port, 249),
    ] as const;
    await using _processes = {
      async [Symbol.asyncDispose]() {
        for (const { keepalived, fairlead } of machines) {
          keepalived.kill("SIGTERM");
          await keepalived.exited;
          await fairlead[Symbol.asyncDispose]();
        }
      },
    };
    const holder = (): Promise<Machine | null> =>
      waitUntil("one machine has the address", async () => {
        const having = await Promise.all(machines.map((machine) => machine.hasAddress()));
        return having.filter(Boolean).length === 1 ? (machines[having.indexOf(true)] ?? null) : null;
      });

    const first = await holder();
    const second = machines.find((machine) => machine !== first);
    if (first === null || second === undefined) throw new Error("no pair");
    await using arrivals = new Arrivals(hub, sshd);
    await waitUntil("sessions work", () => arrivals.attempts.some(({ worked }) => worked));

    const killedAt = performance.now();
    first.fairlead.kill("SIGKILL");
    const afterKill = await arrivals.gapSince(killedAt);
    expect(await holder()).toBe(second);

    // It comes back, and leaves the address where it is.
    first.fairlead = first.startFairlead();
    await waitUntil(
      "the first machine is a backup again",
      () => (first.keepalived.stdout.text + first.keepalived.stderr.text).split("Entering BACKUP STATE").length > 2,
    );
    expect(await holder()).toBe(second);

    const pulledAt = performance.now();
    await hub.run("ip", "link", "set", second.name, "down");
    await waitUntil("the address moves", () => first.hasAddress());
    const moved = (performance.now() - pulledAt) / 1000;
    const afterPull = await arrivals.gapSince(pulledAt);

    process.stderr.write(
      `keepalived: ${afterKill.toFixed(2)} s without a session after fairlead was killed, ` +
        `${afterPull.toFixed(2)} s after the machine's cable was pulled (the address moved after ${moved.toFixed(2)} s)\n`,
    );
    expect(afterKill).toBeLessThanOrEqual(3);
    // Three advertisements a second apart, 7/256 s by priority, and looking; clients' ARP caches may want a second more.
    expect(moved).toBeLessThanOrEqual(4);
    expect(afterPull).toBeLessThanOrEqual(7);
  },
  90_000,
);
