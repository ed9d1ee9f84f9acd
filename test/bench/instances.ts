/** Forwarders that live for as long as measures take turns at them, in one place. */
import { isOfHttp, isOfTls, type Use } from "./configuration.ts";
import { type Forwarder, type Running, startForwarder } from "./forwarders.ts";
import type { Loading } from "./load.ts";
import type { Ground } from "./namespace.ts";

/** What an instance serves before its sessions are counted: until its hot code is compiled for good, which a process that runs for months does once. */
const warmConnections = 30_000;

/** The same of handshakes of TLS, which cost ten times as much, and of what SSH begins with. */
const warmLong = 10_000;

const isLong = (use: Use): boolean => use === "tls" || use === "ssh";

/** The same of requests. */
const warmRequests = 100_000;

/** Of bodies that are compared: a multiple of their chunks. */
const checkedBodyBytes = 32 * 1024 * 1024;

/** More than any relay holds at once, and no round number. */
const checkedBytes = 32 * 1024 * 1024 + 12_345;

/** Instances of one place, started when they are first needed. */
export class Instances {
  readonly #ground: Ground;
  readonly #running = new Map<string, Promise<Running>>();
  readonly #warm = new Map<Running, Promise<unknown>>();
  readonly #proved: Set<string>;

  /** `proved` takes the names of those through which every byte came as it was sent. */
  constructor(ground: Ground, proved: Set<string>) {
    this.#ground = ground;
    this.#proved = proved;
  }

  /** @throws where bytes come out that were not sent: nothing that it does counts then. */
  of(forwarder: Forwarder, use: Use & string): Promise<Running> {
    const id = `${forwarder.name} ${use}`;
    let running = this.#running.get(id);
    if (running === undefined) this.#running.set(id, (running = this.#start(forwarder, use)));
    return running;
  }

  /** The same, after it has served so many that its code is compiled. */
  async warm(forwarder: Forwarder, use: Use & string): Promise<Running> {
    const running = await this.of(forwarder, use);
    const times = forwarder.isProcessPerSession ? 200 : running.pid === 0 ? 0 : warmConnections;
    if (times === 0) return running;
    let done = this.#warm.get(running);
    if (done === undefined) {
      done = this.#loading(use).then((loading) => warmUp(loading, running.address, use, times));
      this.#warm.set(running, done);
    }
    await done;
    return running;
  }

  async #start(forwarder: Forwarder, use: Use & string): Promise<Running> {
    const running = await startForwarder(forwarder, this.#ground, use);
    const loading = await this.#loading(use);
    if (isOfHttp(use)) await loading.ask("prove", running.address, checkedBodyBytes);
    else await loading.ask(...first(use), "check", running.address, checkedBytes, 3);
    this.#proved.add(forwarder.name);
    return running;
  }

  async #loading(use: Use): Promise<Loading> {
    const { load } = this.#ground;
    return isOfTls(use) ? load.tls() : load;
  }

  async end(): Promise<void> {
    for (const running of this.#running.values()) await running.then((one) => one.end()).catch(() => {});
  }
}

/** What a load is to begin its sessions with. */
function first(use: Use): readonly string[] {
  return use === "ssh" ? ["fleet"] : [];
}

async function warmUp(loading: Loading, address: string, use: Use, times: number): Promise<void> {
  if (isOfHttp(use)) {
    await loading.ask("requests", address, warmRequests, 32);
    return;
  }
  const most = isLong(use) ? Math.min(times, warmLong) : times;
  // Whoever was never met takes ways of its own through the code.
  if (use === "ssh") await loading.ask("strangers", "connect", address, most, 16);
  await loading.ask(...first(use), "connect", address, most, 16);
}
