/** A connection that streams has its mark raised and the loop kept awake for it; one that pauses is read, and told of every byte again. */
import { expect, test } from "bun:test";
import type { EpollLoop, Pausing } from "../../../../src/net/epoll/epoll-loop.ts";
import { lowWaterIn, type RarelyWoken } from "../../../../src/net/epoll/epoll-low-water.ts";
import { AF_INET, SO_DOMAIN, SO_RCVBUF, type SocketCalls } from "../../../../src/net/libc/socket-calls.ts";

const rule = { afterBytes: 1000, growth: 4, markBytes: 100_000, pauseMs: 5, limit: 2 };
const SO_RCVLOWAT = 18;

function scene() {
  const log: string[] = [];
  const attended: Pausing[] = [];
  const loop = {
    stay: () => log.push("the loop stays"),
    attend: (pausing: Pausing) => attended.push(pausing),
  } as unknown as EpollLoop;
  const calls = {
    getOption: (_fd: number, _level: number, option: number) =>
      option === SO_DOMAIN ? AF_INET : option === SO_RCVBUF ? 1 << 20 : 0,
    setOption(fd: number, _level: number, option: number, value: number) {
      if (option === SO_RCVLOWAT) log.push(`${fd} is told of ${value}`);
      return 0;
    },
  } as unknown as SocketCalls;
  const connection = (fd: number, isPaused: boolean): RarelyWoken => ({
    fd,
    isPaused,
    catchUp: () => log.push(`${fd} is read`),
  });
  const lowWater = lowWaterIn(loop, calls, rule);
  return { log, lowWater, pausing: attended[0] as Pausing, connection };
}

test("the loop looks after who has paused, when it may have", () => {
  const { log, lowWater, pausing, connection } = scene();
  expect(pausing.lookAt).toBe(Infinity);
  const stretch = lowWater.begin(connection(7, false), 0);
  lowWater.moved(stretch, 1000, 1);
  expect(log.splice(0)).toEqual(["the loop stays", "7 is told of 100000"]);
  expect(pausing.lookAt).toBe(6);
  pausing.look(5);
  expect(log).toEqual([]);
  pausing.look(6);
  expect(log).toEqual(["7 is read", "7 is told of 1"]);
  expect(pausing.lookAt).toBe(Infinity);
});

test("one that nobody reads is not read", () => {
  const { log, lowWater, pausing, connection } = scene();
  lowWater.moved(lowWater.begin(connection(8, true), 0), 1000, 1);
  log.splice(0);
  pausing.look(6);
  expect(log).toEqual(["8 is told of 1"]);
});
