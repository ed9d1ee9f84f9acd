/**
 * Sessions whose bytes come together, around the length that is read ahead, in bursts, with receivers that do not read for a while, ends and
 * resets: every byte arrives, in order, and at whom it was sent to.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { openEpollLoop } from "../../src/net/epoll/epoll-loop.ts";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { aheadBytes } from "../../src/net/epoll/turn/ahead-bytes.ts";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { AF_INET, SOCK_STREAM, type SocketCalls, socketCalls } from "../../src/net/libc/socket-calls.ts";
import type { SocketAddress } from "../../src/address.ts";
import type { Relayed } from "../../src/net/transport.ts";
import { connectDefaults, Door, noLimits } from "../contract/stage.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(120_000);

const loop = process.platform === "linux" && canCallLibc() ? await openEpollLoop() : null;
const isPossible = loop !== null && loop.ring !== null;
if (!isPossible) console.warn("SKIPPED: nothing is read ahead here: no Linux, no FFI, or no io_uring");

const sessions = 40;
const bursts = 60;
const chunk = Buffer.from(new ArrayBuffer(1 << 18));
const into = Buffer.from(new ArrayBuffer(1 << 18));

/** One way through a session: what was sent, and what has arrived. */
class Way {
  sent = 0;
  came = 0;
  isEnded = false;
  hasEnded = false;
  isDeaf = false;
  constructor(
    readonly name: string,
    readonly from: number,
    readonly to: number,
    readonly key: number,
  ) {}

  at(offset: number): number {
    return (offset * 31 + (offset >> 8) * 7 + this.key) & 255;
  }

  send(calls: SocketCalls, length: number): void {
    for (let at = 0; at < length; at++) chunk[at] = this.at(this.sent + at);
    const taken = calls.send(this.from, chunk, length);
    if (taken > 0) this.sent += taken;
  }

  /** Takes what has come; how much it was. */
  hear(calls: SocketCalls): number {
    if (this.isDeaf || this.hasEnded) return 0;
    const count = calls.recv(this.to, into);
    if (count === 0) this.hasEnded = true;
    for (let at = 0; at < count; at++)
      if (into[at] !== this.at(this.came + at)) throw new Error(`${this.name}: byte ${this.came + at} is another's`);
    this.came += Math.max(0, count);
    return Math.max(0, count);
  }
}

test.skipIf(!isPossible)("every byte arrives where it was sent to, in its order", async () => {
  const calls = socketCalls() as SocketCalls;
  const random = seededRandom("read-ahead");
  const transport = await openEpollTransport();
  const door = await Door.open(transport);
  const listener = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
  calls.listen(listener, sessions);
  const ways: Way[] = [];
  const ends: Promise<Relayed>[] = [];
  for (let at = 0; at < sessions; at++) {
    const client = calls.socket(AF_INET, SOCK_STREAM);
    calls.connect(client, door.listener.address);
    const connecting = transport.connect({
      ...connectDefaults,
      address: calls.localAddress(listener) as SocketAddress,
    });
    const [near, far] = await Promise.all([door.next(), connecting.done]);
    let server = calls.accept(listener);
    for (let left = 1000; server < 0 && left > 0; left--) {
      await Bun.sleep(1);
      server = calls.accept(listener);
    }
    const relay = transport.relay(near, far, { ...noLimits, splice: { request: false, response: false } });
    ends.push(new Promise((resolve) => relay.whenEnded({ relayed: resolve })));
    ways.push(new Way(`request ${at}`, client, server, 2 * at), new Way(`response ${at}`, server, client, 2 * at + 1));
  }
  const pick = (below: number): number => random.between(0, below - 1);
  const lengths = [1, 18, aheadBytes - 1, aheadBytes, aheadBytes + 1, 2 * aheadBytes, 20_000, 200_000];
  for (let burst = 0; burst < bursts; burst++) {
    for (const way of ways) {
      if (way.isEnded || pick(3) === 0) continue;
      way.isDeaf = pick(4) === 0;
      way.send(calls, Math.max(1, (lengths[pick(lengths.length)] as number) - pick(3)));
      if (burst > bursts / 2 && pick(40) === 0) {
        calls.shutdownWrite(way.from);
        way.isEnded = true;
      }
    }
    for (let turns = pick(4); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const way of ways) way.hear(calls);
    }
  }
  for (const way of ways) {
    way.isDeaf = false;
    if (!way.isEnded) calls.shutdownWrite(way.from);
  }
  const until = performance.now() + 60_000;
  while (ways.some(({ hasEnded }) => !hasEnded) && performance.now() < until) {
    let heard = 0;
    for (const way of ways) heard += way.hear(calls);
    if (heard === 0) await Bun.sleep(1);
  }
  expect(ways.filter(({ hasEnded }) => !hasEnded).map(({ name }) => name)).toEqual([]);
  expect(ways.map(({ came }) => came)).toEqual(ways.map(({ sent }) => sent));
  const told = await Promise.all(ends);
  expect(told.map(({ how }) => how)).toEqual(told.map(() => "fin"));
  expect(told.map(({ bytesIn }) => bytesIn)).toEqual(ways.filter((_, at) => at % 2 === 0).map(({ sent }) => sent));
  expect(told.map(({ bytesOut }) => bytesOut)).toEqual(ways.filter((_, at) => at % 2 === 1).map(({ sent }) => sent));
  for (const { from } of ways) calls.close(from);
  calls.close(listener);
  door.listener.close();
});
