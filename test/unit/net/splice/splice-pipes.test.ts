/** Pipes for splicing: as many and as large as the limits say, and not one more. */
import { expect, test } from "bun:test";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { loadSpliceCalls } from "../../../../src/net/splice/splice-calls.ts";
import { control, spliceMemory } from "../../../../src/net/splice/splice-memory.ts";
import { PipePool } from "../../../../src/net/splice/splice-pipes.ts";
import { spliceRefusal, spliceTransport } from "../../../../src/net/splice/splice-transport.ts";

const notice = (): void => {};
const refusal = spliceRefusal();
if (refusal !== null) console.warn(`SKIPPED: no splicing here, ${refusal}`);

test.skipIf(refusal !== null)("a pool keeps to its number and size of pipes", () => {
  const memory = spliceMemory();
  memory.control[control.pipeLimit] = 2;
  memory.control[control.pipeBytes] = 16_384;
  const pool = new PipePool(loadSpliceCalls(), memory);
  const [first, second] = [pool.take(), pool.take()];
  expect([first, second, pool.take()]).toEqual([0, 1, -1]);
  expect(pool.room(first)).toBe(16_384);
  const free = (): number | undefined => memory.control[control.freePipes];
  pool.give(first, true);
  pool.give(second, false);
  expect(free()).toBe(1);
  expect([pool.take(), pool.take(), pool.take()]).toEqual([0, 1, -1]);
  expect(free()).toBe(0);
  for (const pipe of [first, second]) pool.give(pipe, true);
  expect(free()).toBe(2);
  pool.trim();
  expect(free()).toBe(0);
});

test.skipIf(refusal !== null)(
  "where fewer pipes are allowed than are lent, they are closed when they come back",
  () => {
    const memory = spliceMemory();
    memory.control[control.pipeLimit] = 3;
    memory.control[control.pipeBytes] = 4096;
    const pool = new PipePool(loadSpliceCalls(), memory);
    const lent = [pool.take(), pool.take(), pool.take()];
    memory.control[control.pipeLimit] = 1;
    for (const pipe of lent) pool.give(pipe, true);
    expect([memory.control[control.freePipes], pool.take(), pool.take()]).toEqual([1, 2, -1]);
    memory.control[control.pipeLimit] = 2;
    expect(pool.take()).toBeGreaterThanOrEqual(0);
    expect(pool.take()).toBe(-1);
  },
);

test.skipIf(refusal !== null)("what the system refuses is not asked for again and again, and known to be dry", () => {
  let asked = 0;
  let isRefused = true;
  const real = loadSpliceCalls();
  const calls = {
    ...real,
    pipe(pair: Int32Array, bytes: number) {
      asked += 1;
      return isRefused ? -1 : real.pipe(pair, bytes);
    },
  };
  const memory = spliceMemory();
  memory.control[control.pipeLimit] = 8;
  memory.control[control.pipeBytes] = 4096;
  const pool = new PipePool(calls, memory);
  const isDry = (): boolean => memory.control[control.dry] === 1;
  const taken = Array.from({ length: 200 }, () => pool.take());
  expect([new Set(taken), asked, isDry()]).toEqual([new Set([-1]), 1, true]);
  isRefused = false;
  let tries = 0;
  while (pool.take() < 0) if (++tries > 1000) throw new Error("it is never asked again");
  expect(isDry()).toBe(false);
  isRefused = true;
  expect([pool.take(), isDry()]).toEqual([-1, true]);
  // One that comes back is there for whoever asks next.
  pool.give(0, true);
  expect([isDry(), pool.take(), asked]).toEqual([false, 0, 3]);
});

test.skipIf(refusal !== null)("threads share the pipes that may be", async () => {
  const base = await openEpollTransport();
  expect(spliceTransport(base, 3, notice, { count: 7, bytes: null }).splicing?.().pipesAllowed).toBe(7);
  expect(spliceTransport(base, 2, notice, { count: 1, bytes: null }).splicing?.().pipesAllowed).toBe(1);
});
