/** A listener whose descriptor the loop does not take: it hears again as soon as it does. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { epollListen } from "../../../../src/net/epoll/epoll-listener.ts";
import type { EpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { type SocketCalls, socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { FakeRing } from "./fake-ring.ts";
import { listenDefaults } from "../../../contract/stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const calls = socketCalls();
if (calls === null) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const EAGAIN = 11;
const ENOMEM = 12;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test.skipIf(calls === null)("memory that is short at a resume makes nobody deaf", async () => {
  if (calls === null) return;
  let isShort = false;
  let watched = 0;
  let asked = 0;
  const loop = {
    turns: 0,
    register() {
      asked += 1;
      if (isShort) return -ENOMEM;
      watched += 1;
      return 7;
    },
    release: () => (watched -= 1),
    forget: () => (watched -= 1),
  };
  const options = { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...listenDefaults } as const;
  const context = { calls, loop: loop as unknown as EpollLoop, lowWater: {} as EpollContext["lowWater"] };
  const listener = await epollListen(context, options, () => {});
  listener.pause();
  expect([asked, watched]).toEqual([1, 0]);
  isShort = true;
  listener.resume();
  await until(() => asked >= 4);
  expect(watched).toBe(0);
  isShort = false;
  await until(() => watched === 1);
  listener.pause();
  listener.resume();
  expect(watched).toBe(1);
  listener.close();
  expect(watched).toBe(0);
});

/** A listener on real libc, whose loop tells it of clients turn by turn, and a ring that accepts what it is told. */
async function crowded(accepts: boolean) {
  const log: string[] = [];
  const ring = new FakeRing(log);
  ring.accepts = accepts;
  const come: string[] = [];
  let heard: { ready(events: number): void } | null = null;
  const loop = {
    turns: 0,
    ring,
    register: (_fd: number, _events: number, one: typeof heard) => ((heard = one), 7),
    registerSoon: () => 8,
    release: () => undefined,
    forget: () => undefined,
    later: () => undefined,
    ends: { sends: { send: () => undefined, add: () => -1 }, close: () => undefined },
  };
  const options = { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...listenDefaults } as const;
  const real = calls as SocketCalls;
  const quiet = { ...real, accept: () => (log.push("accept"), -EAGAIN) };
  const context = { calls: quiet, loop: loop as unknown as EpollLoop, lowWater: {} as EpollContext["lowWater"] };
  const listener = await epollListen(context, options, (client) => {
    come.push(client.remote.kind === "tcp" ? `${client.remote.host}:${client.remote.port}` : client.remote.kind);
  });
  const tell = (turns = 1): void => {
    loop.turns += turns;
    heard?.ready(1);
  };
  return { log, ring, come, listener, tell, isHeard: () => heard !== null };
}

test.skipIf(calls === null)(
  "where many come they are accepted in one call, some more each time than came the last time",
  async () => {
    const { log, ring, come, listener, tell } = await crowded(true);
    tell(5);
    expect(log.splice(0)).toEqual(["accept"]);
    let there = 5;
    let next = 100;
    ring.answer = () => (there-- > 0 ? next++ : -EAGAIN);
    const counts: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      tell();
      counts.push(log.splice(0).join().split("accept").length - 1);
      there += 20;
    }
    expect(counts.slice(0, 3)).toEqual([1, 2, 4]);
    expect(Math.max(...counts)).toBeGreaterThan(8);
    expect(come.length).toBe(next - 100);
    expect(come[0]).toBe("192.0.2.1:0");
    listener.close();
  },
);

test.skipIf(calls === null)("of many that were accepted together none is lost to one that failed", async () => {
  const { ring, come, listener, tell } = await crowded(true);
  tell(5);
  ring.answer = () => 100;
  for (let turn = 0; turn < 4; turn++) tell();
  const before = come.length;
  const results = [200, -103, 201, -11, 202];
  ring.answer = () => results.shift() ?? -EAGAIN;
  tell();
  expect(come.length - before).toBe(3);
  listener.close();
});

test.skipIf(calls === null)("where no ring accepts each is a call of its own", async () => {
  const { log, listener, tell } = await crowded(false);
  tell(5);
  tell();
  expect(log).toEqual(["accept", "accept"]);
  listener.close();
});
