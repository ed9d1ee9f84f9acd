/** A pump between real sockets, on a clock that is given: a stream is woken rarely, and nothing of it is left lying. */
import { dlopen } from "bun:ffi";
import { expect, setDefaultTimeout, test } from "bun:test";
import { calmly } from "../../../contract/kernel.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { EPOLLET, EPOLLIN, EPOLLRDHUP, epollEventInts, loadEpollCalls } from "../../../../src/net/libc/epoll-calls.ts";
import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_STREAM,
  socketCalls,
  SOL_SOCKET,
  type SocketCalls,
  TCP_NODELAY,
} from "../../../../src/net/libc/socket-calls.ts";
import { loadSpliceCalls } from "../../../../src/net/splice/splice-calls.ts";
import { control, option, spliceMemory } from "../../../../src/net/splice/splice-memory.ts";
import { Pump } from "../../../../src/net/splice/splice-pump.ts";
import type { LowWaterRule } from "../../../../src/net/relay/stretch.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const SO_RCVLOWAT = 18;
const FIONREAD = 0x541b;
const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the zero-copy plane needs Linux and FFI");

const rule: LowWaterRule = { afterBytes: 1 << 20, growth: 4, markBytes: 256 << 10, pauseMs: 5, limit: 1 };
const chunk = new Uint8Array(new ArrayBuffer(32 << 10)).fill(7);
const buffer = new Uint8Array(new ArrayBuffer(1 << 20));

const waiting = new Int32Array(new ArrayBuffer(4));
/** Bytes that have come to a socket and not been read. */
const unread = ((): ((fd: number) => number) => {
  if (!isPossible) return () => 0;
  const { ioctl } = dlopen("libc.so.6", { ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } } as const).symbols;
  return (fd) => (ioctl(fd, FIONREAD, waiting) < 0 ? 0 : (waiting[0] as number));
})();

/** The kernel may take its time to bring them on a busy machine. */
function until(holds: () => boolean): void {
  for (const end = performance.now() + 5000; !holds();) if (performance.now() > end) throw new Error("it never comes");
}

/** Two ends of a TCP connection within the machine. */
function pair(calls: SocketCalls): [number, number] {
  const listening = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listening, { kind: "tcp", host: "127.0.0.1", port: 0 });
  calls.listen(listening, 1);
  const address = calls.localAddress(listening);
  const one = calls.socket(AF_INET, SOCK_STREAM);
  if (address === null || calls.connect(one, address) < 0) throw new Error("no connection");
  const other = calls.accept(listening);
  if (other < 0) throw new Error(`accept: ${other}`);
  calls.close(listening);
  for (const fd of [one, other]) calls.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return [one, other];
}

/** Sessions of one pump, whose bytes go from server to client; woken by an epoll as a worker is. */
class Trial implements Disposable {
  readonly calls = socketCalls() as SocketCalls;
  readonly #polling = loadEpollCalls();
  readonly #epoll = this.#polling.create();
  readonly #events = new Int32Array(new ArrayBuffer(64 * epollEventInts * 4));
  readonly #memory = spliceMemory();
  readonly pump: Pump;
  readonly #ends: { readonly client: number; readonly server: number }[] = [];
  readonly #fds: number[] = [this.#epoll];
  /** By session: bytes that its server has sent, and its client got. */
  readonly #sent: number[] = [];
  readonly #got: number[] = [];
  wakes = 0;
  turns: string[] = [];

  constructor(sessions: number, splice = option.spliceResponse) {
    const words = this.#memory.control;
    words[control.pipeLimit] = 8;
    words[control.pipeBytes] = 1 << 20;
    words[control.streamAfter] = rule.afterBytes;
    words[control.streamGrowth] = rule.growth;
    words[control.streamMark] = rule.markBytes;
    words[control.streamPauseMs] = rule.pauseMs;
    words[control.streamLimit] = rule.limit;
    this.pump = new Pump(loadSpliceCalls(), this.#memory);
    for (let slot = 0; slot < sessions; slot++) {
      const [client, clientFd] = pair(this.calls);
      const [server, serverFd] = pair(this.calls);
      this.#fds.push(client, clientFd, server, serverFd);
      this.#ends.push({ client, server });
      this.#sent.push(0);
      this.#got.push(0);
      this.#memory.fds[slot * 2] = clientFd;
      this.#memory.fds[slot * 2 + 1] = serverFd;
      this.#memory.options[slot] = splice;
      this.pump.start(slot);
      this.#polling.add(this.#epoll, serverFd, EPOLLIN | EPOLLRDHUP | EPOLLET, slot * 2 + 1, 0);
    }
  }

  mark(slot: number): number {
    return this.calls.getOption(this.#memory.fds[slot * 2 + 1] as number, SOL_SOCKET, SO_RCVLOWAT);
  }

  server(slot: number): number {
    return (this.#ends[slot] as { server: number }).server;
  }

  /** The server sends so many chunks, four a ms; what the client got. */
  send(slot: number, chunks: number, bytes = chunk): number {
    let got = 0;
    for (let left = chunks; left > 0; left--) {
      this.#sent[slot] = (this.#sent[slot] as number) + this.calls.send(this.server(slot), bytes);
      until(
        () => unread(this.#memory.fds[slot * 2 + 1] as number) === (this.#sent[slot] as number) - this.#taken(slot),
      );
      got += this.turn(slot, 0.25);
    }
    return got;
  }

  /** Hears what epoll tells `ms` later, without waiting; what the client of `slot` got. */
  turn(slot: number, ms: number): number {
    this.pump.now += ms;
    const count = this.#polling.wait(this.#epoll, this.#events, 0);
    for (let at = 0; at < count * epollEventInts; at += epollEventInts) {
      this.wakes += 1;
      this.pump.markReadable(
        this.#events[at + epollEventInts - 2] as number,
        ((this.#events[at] as number) & EPOLLRDHUP) !== 0,
      );
      this.#pull(this.#events[at + epollEventInts - 2] as number);
    }
    this.pump.lowWater.look(this.pump.now, (side) => {
      this.pump.markReadable(side, false);
      this.#pull(side);
    });
    const { client } = this.#ends[slot] as { client: number };
    const before = this.#got[slot] as number;
    let got = before;
    until(() => (got += Math.max(0, this.calls.recv(client, buffer))) === this.#taken(slot));
    this.#got[slot] = got;
    return got - before;
  }

  #taken(slot: number): number {
    return this.#memory.counts[slot * 2 + 1] as number;
  }

  #pull(side: number): void {
    let turn = this.pump.turn(side);
    while (turn === "again") turn = this.pump.turn(side);
    if (turn !== "idle") this.turns.push(turn);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) this.calls.close(fd);
  }
}

test.skipIf(!isPossible).each([
  ["spliced", option.spliceResponse],
  ["copied", 0],
])(
  "a stream that is %s is woken for much at a time, and a byte that comes last waits for 5 ms",
  calmly((_: string, splice: number) => {
    using trial = new Trial(1, splice);
    expect(trial.send(0, 32)).toBe(1 << 20);
    expect([trial.mark(0), trial.wakes]).toEqual([rule.markBytes, 32]);
    // Eight chunks are a mark.
    trial.wakes = 0;
    const got = trial.send(0, 800);
    expect(trial.wakes).toBeLessThanOrEqual(100);
    expect([got, trial.send(0, 1, chunk.subarray(0, 1)), trial.turn(0, 4)]).toEqual([800 * chunk.length, 0, 0]);
    expect([trial.turn(0, 0.75), trial.mark(0), trial.pump.lowWater.lookAt]).toEqual([1, 1, Infinity]);
  }),
);

test.skipIf(!isPossible)(
  "after a pause every byte is told of again, and the next stretch is four times as long",
  () => {
    using trial = new Trial(1);
    trial.send(0, 32);
    trial.turn(0, 5);
    trial.turn(0, 5);
    expect(trial.mark(0)).toBe(1);
    for (let round = 0; round < 20; round++) {
      expect(trial.send(0, 1, chunk.subarray(0, 1))).toBe(1);
      trial.turn(0, 6);
    }
    trial.send(0, 127);
    expect(trial.mark(0)).toBe(1);
    trial.send(0, 1);
    expect(trial.mark(0)).toBe(rule.markBytes);
  },
);

test.skipIf(!isPossible)(
  "some ms without bytes are no pause, where there are five of them it is one",
  calmly(() => {
    using trial = new Trial(1);
    let got = trial.send(0, 32);
    for (let round = 0; round < 20; round++) {
      got += trial.send(0, 8);
      got += trial.turn(0, 4);
      expect(trial.mark(0)).toBe(rule.markBytes);
    }
    got += trial.turn(0, 5);
    got += trial.turn(0, 5);
    expect([got, trial.mark(0)]).toEqual([(32 + 160) * chunk.length, 1]);
  }),
);

test.skipIf(!isPossible)(
  "no more marks are up than may be, and a session that has gone leaves its own",
  calmly(() => {
    using trial = new Trial(2);
    trial.send(0, 32);
    trial.send(1, 3);
    for (let round = 0; round < 40; round++) {
      trial.send(0, 8);
      trial.send(1, 4);
    }
    expect([0, 1].map((slot) => trial.mark(slot))).toEqual([rule.markBytes, 1]);
    trial.pump.stop(0);
    trial.send(1, 1);
    expect(trial.mark(1)).toBe(rule.markBytes);
  }),
);

test.skipIf(!isPossible)(
  "FIN in the middle of a stretch is heard at once, behind all bytes",
  calmly(() => {
    using trial = new Trial(1);
    const got = trial.send(0, 34);
    trial.calls.shutdownWrite(trial.server(0));
    expect(got + trial.turn(0, 0)).toBe(34 * chunk.length);
    expect([trial.pump.hasEnded(1), trial.pump.hasPassedEnd(1)]).toEqual([true, true]);
  }),
);

test.skipIf(!isPossible)(
  "RST in the middle of a stretch is heard at once",
  calmly(() => {
    using trial = new Trial(1);
    trial.send(0, 34);
    trial.calls.setNoLinger(trial.server(0));
    trial.calls.close(trial.server(0));
    trial.turn(0, 0);
    expect(trial.turns).toEqual(["source-failed"]);
  }),
);

test.skipIf(!isPossible)(
  "what has come of a stream that seems to be silent is read before it is blamed",
  calmly(() => {
    using trial = new Trial(1);
    const got = trial.send(0, 33);
    expect(got).toBe(32 * chunk.length);
    expect(trial.pump.endStretch(1)).toBe(true);
    expect([trial.turn(0, 0), trial.mark(0), trial.pump.heardAt[1]]).toEqual([chunk.length, 1, trial.pump.now]);
    expect(trial.pump.endStretch(1)).toBe(false);
  }),
);

test.skipIf(!isPossible)(
  "a look at a stream that has brought nothing does not count as its bytes",
  calmly(() => {
    using trial = new Trial(1);
    trial.send(0, 32);
    const { now } = trial.pump;
    trial.turn(0, 5);
    trial.turn(0, 5);
    expect([trial.pump.heardAt[1], trial.mark(0)]).toEqual([now, 1]);
  }),
);
