/** The network namespaces of the bench: its own, and one behind a veth pair. Each goes with the last process in it. */
import { readFileSync } from "node:fs";
import { run, startChild } from "./child.ts";
import { type Load, openLoad } from "./load.ts";
import { delayMs, type Place } from "./place.ts";

/** What the bench is told of by the process that put it into a namespace. */
const variable = "BENCH_NAMESPACE";
const congestionFile = "/proc/sys/net/ipv4/tcp_congestion_control";
const near = "192.0.2.1";
const far = "192.0.2.2";

/** Ways into a namespace of one's own, by what they are called. */
const ways = [
  ["a network namespace of its own", ["unshare", "--net"]],
  ["a network namespace of its own, in a user namespace", ["unshare", "--user", "--map-root-user", "--net"]],
] as const;

/** What it runs in, in words; null for the machine's own network. */
export const surroundings: string | null = process.env[variable] ?? null;

/**
 * Runs a command inside a new network namespace with loopback up, and gives its exit code; null where the system lets nobody
 * do so. Signals that end this process end the command.
 */
export async function runInNamespace(command: readonly string[]): Promise<number | null> {
  if (Bun.which("unshare") === null) return null;
  for (const [name, way] of ways) {
    const trial = Bun.spawnSync([...way, "ip", "link", "set", "lo", "up"], { stderr: "ignore" });
    if (trial.exitCode !== 0) continue;
    const inside = ["sh", "-c", 'ip link set lo up && exec "$@"', "bench", ...command];
    const child = Bun.spawn([...way, ...inside], {
      stdio: ["inherit", "inherit", "inherit"],
      env: { ...process.env, [variable]: name },
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
    return child.exited;
  }
  return null;
}

/** A place that is ready: where forwarders are to listen, and the load that reaches them there. */
export interface Ground {
  readonly address: string;
  readonly load: Load;
}

/** Readies places, and knows which it has readied. */
export class Grounds {
  readonly #folder: string;
  readonly #loopback: Load;
  #veth: Promise<Load> | null = null;

  private constructor(folder: string, loopback: Load) {
    this.#folder = folder;
    this.#loopback = loopback;
  }

  static async open(folder: string): Promise<Grounds> {
    return new Grounds(folder, await openLoad(folder, "127.0.0.1", []));
  }

  /** Readies a place for what is opened from now on. @throws where this machine does not have it, with the reason. */
  async take({ network, congestion }: Place): Promise<Ground> {
    if (surroundings === null) {
      if (network !== "loopback" || congestion !== "reno") throw new Error("needs a network namespace of its own");
      return { address: "127.0.0.1", load: this.#loopback };
    }
    setCongestion([], congestion);
    if (network === "loopback") return { address: "127.0.0.1", load: this.#loopback };
    this.#veth ??= this.#openVeth();
    const load = await this.#veth;
    setCongestion(load.prefix, congestion);
    setDelay(load.prefix, network === "delay");
    return { address: near, load };
  }

  async #openVeth(): Promise<Load> {
    // It ends when its input does: with the bench, however that ends.
    const holder = await startChild(["unshare", "--net", "sh", "-c", "ip link set lo up && echo in && read _"], true);
    const prefix = ["nsenter", "-t", String(holder.pid), "--net"];
    await run(["ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", String(holder.pid)]);
    for (const [words, name, address] of [
      [[], "near", near],
      [prefix, "far", far],
    ] as const) {
      await run([...words, "ip", "address", "add", `${address}/24`, "dev", name]);
      await run([...words, "ip", "link", "set", name, "up"]);
    }
    return openLoad(this.#folder, far, prefix);
  }

  async end(): Promise<void> {
    await this.#veth?.then((load) => load.end()).catch(() => {});
    await this.#loopback.end();
  }
}

/** What sockets get that ask for nothing. */
export function currentCongestion(): string {
  return readFileSync(congestionFile, "latin1").trim();
}

/** @throws where the kernel does not have it, or does not grant it. */
function setCongestion(prefix: readonly string[], name: string): void {
  const { exitCode } = Bun.spawnSync([...prefix, "sh", "-c", `echo ${name} >${congestionFile}`], { stderr: "ignore" });
  if (exitCode !== 0) throw new Error(`this kernel does not grant ${name}`);
}

/** Has each end of the pair hold packets back, or neither. @throws where the kernel cannot, in the words of tc. */
function setDelay(prefix: readonly string[], isWanted: boolean): void {
  for (const [words, name] of [
    [[], "near"],
    [prefix, "far"],
  ] as const) {
    const tc = (...more: string[]) => Bun.spawnSync([...words, "tc", "qdisc", ...more], { stderr: "pipe" });
    if (!isWanted) {
      tc("del", "dev", name, "root");
      continue;
    }
    // As many packets as a fast stream has under way: by default 1,000, and what is more would be lost.
    const asked = tc("replace", "dev", name, "root", "netem", "delay", `${delayMs}ms`, "limit", "1000000");
    if (asked.exitCode !== 0) throw new Error(`no netem in this kernel (tc: ${asked.stderr.toString().trim()})`);
  }
}
