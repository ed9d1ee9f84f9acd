/** Pipes for splicing: as many and as large as the limits say, and not one more. */
import { expect, test } from "bun:test";
import { openEpollTransport } from "../../../src/net/epoll.ts";
import { loadSpliceCalls } from "../../../src/net/splice-calls.ts";
import { control, spliceMemory } from "../../../src/net/splice-memory.ts";
import { PipePool } from "../../../src/net/splice-pipes.ts";
import { spliceRefusal, spliceTransport } from "../../../src/net/splice.ts";

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

test.skipIf(refusal !== null)("threads share the pipes that may be", async () => {
  const base = await openEpollTransport();
  expect(spliceTransport(base, 3, notice, { count: 7, bytes: null }).splicing?.().pipesAllowed).toBe(7);
  expect(spliceTransport(base, 2, notice, { count: 1, bytes: null }).splicing?.().pipesAllowed).toBe(1);
});
