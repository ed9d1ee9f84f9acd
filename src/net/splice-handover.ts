/** From two connections of the control thread to one relay of a worker: early bytes first, then the sockets change hands. */
import { EAGAIN, type SpliceCalls } from "./splice-calls.ts";
import type { Detachable } from "./splice.ts";
import type { SpliceWorker } from "./splice-plane.ts";
import type { Relay, RelayLimits, Relayed, Tap } from "./transport.ts";

/** How often early bytes are offered to a socket that does not take them: it hardly ever happens with one just connected. */
const retryMs = 5;
const nothing = new Uint8Array(0);

/** Two sockets, and what has to be sent to each before a worker may have them. */
interface Pair {
  readonly client: Detachable;
  readonly server: Detachable;
  toClient: Uint8Array;
  toServer: Uint8Array;
  readonly early: { readonly in: number; readonly out: number };
}

/** Gives a pair to `worker`. Owns both connections from here on. */
export function handOver(
  calls: SpliceCalls,
  worker: SpliceWorker,
  client: Detachable,
  server: Detachable,
  limits: RelayLimits,
  tap?: Tap,
): Relay {
  const early = { in: client.unread.length, out: server.unread.length };
  const toClient = joined(client.unsent, server.unread);
  const pair: Pair = { client, server, early, toClient, toServer: joined(server.unsent, client.unread) };
  if (worker.isFull) return abandon(pair, "proxy", "killed");
  if (tap !== undefined && client.unread.length > 0) tap.fromClient(client.unread);
  if (tap !== undefined && server.unread.length > 0) tap.fromServer(server.unread);
  const failed = offer(calls, pair);
  if (failed !== null) return abandon(pair, failed, "reset");
  if (pair.toClient.length === 0 && pair.toServer.length === 0) return start(calls, worker, pair, limits, tap);
  return new PendingRelay(calls, worker, pair, limits, tap);
}

function start(calls: SpliceCalls, worker: SpliceWorker, pair: Pair, limits: RelayLimits, tap?: Tap): Relay {
  const clientFd = pair.client.detach();
  const serverFd = pair.server.detach();
  if (clientFd >= 0 && serverFd >= 0) return worker.start(clientFd, serverFd, limits, pair.early, tap);
  if (clientFd >= 0) calls.abort(clientFd);
  if (serverFd >= 0) calls.abort(serverFd);
  return ended(pair, clientFd < 0 ? "client" : "server", "reset");
}

/** Sends what the kernel takes; names the side whose socket has failed. */
function offer(calls: SpliceCalls, pair: Pair): "client" | "server" | null {
  for (const side of ["client", "server"] as const) {
    const key = side === "client" ? "toClient" : "toServer";
    if (pair[key].length === 0) continue;
    const { fd } = pair[side];
    if (fd < 0) return side;
    const sent = calls.send(fd, pair[key]);
    if (sent >= 0) pair[key] = sent === pair[key].length ? nothing : pair[key].subarray(sent);
    else if (calls.errno() !== EAGAIN) return side;
  }
  return null;
}

function abandon(pair: Pair, by: Relayed["by"], how: Relayed["how"]): Relay {
  pair.client.reset();
  pair.server.reset();
  return ended(pair, by, how);
}

function ended(pair: Pair, by: Relayed["by"], how: Relayed["how"]): Relay {
  const relayed: Relayed = { by, how, bytesIn: pair.early.in, bytesOut: pair.early.out };
  return {
    ended: Promise.resolve(relayed),
    counts: () => ({ bytesIn: relayed.bytesIn, bytesOut: relayed.bytesOut }),
    kill: () => {},
  };
}

/** A relay whose early bytes wait for a slow socket; the worker has it once they are gone. */
class PendingRelay implements Relay {
  readonly ended: Promise<Relayed>;
  #settle!: (relayed: Promise<Relayed>) => void;
  #relay: Relay | null = null;
  #waitedMs = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    readonly calls: SpliceCalls,
    readonly worker: SpliceWorker,
    readonly pair: Pair,
    readonly limits: RelayLimits,
    readonly tap: Tap | undefined,
  ) {
    this.ended = new Promise((settle) => (this.#settle = settle));
    this.#timer = setInterval(() => this.#retry(), retryMs);
  }

  counts(): { bytesIn: number; bytesOut: number } {
    return this.#relay?.counts() ?? { bytesIn: this.pair.early.in, bytesOut: this.pair.early.out };
  }

  kill(): void {
    if (this.#relay === null) this.#become(abandon(this.pair, "proxy", "killed"));
    else this.#relay.kill();
  }

  #retry(): void {
    const { pair, limits } = this;
    const failed = offer(this.calls, pair);
    if (failed !== null) return this.#become(abandon(pair, failed, "reset"));
    const isSent = pair.toClient.length === 0 && pair.toServer.length === 0;
    if (isSent) return this.#become(start(this.calls, this.worker, pair, limits, this.tap));
    this.#waitedMs += retryMs;
    const slow = pair.toServer.length > 0 ? "server" : "client";
    const limitMs = limits.tunnelMs || (slow === "server" ? limits.serverMs : limits.clientMs);
    if (limitMs > 0 && this.#waitedMs >= limitMs) this.#become(abandon(pair, slow, "timeout"));
  }

  #become(relay: Relay): void {
    clearInterval(this.#timer);
    this.#relay = relay;
    this.#settle(relay.ended);
  }
}

/** One after the other, without copying where one is empty. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
