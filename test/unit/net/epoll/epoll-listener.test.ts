/** A listener whose descriptor the loop does not take: it hears again as soon as it does. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { epollListen } from "../../../../src/net/epoll/epoll-listener.ts";
import type { EpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { listenDefaults } from "../../../contract/stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const calls = socketCalls();
if (calls === null) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

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
    watch() {
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
