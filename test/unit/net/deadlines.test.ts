/** Deadlines that share a timer: each in its time, in order, and none that was cancelled. */
import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { beginTurn, endTurn } from "../../../src/clock.ts";
import { watchLag } from "../../lag.ts";
import { heldAfter } from "../../young.ts";
import { type Deadline, expireAfter, expireIn } from "../../../src/net/deadlines.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Sets deadlines of these durations, `cancelled` of them for nothing, and tells which came, and how late. */
async function come(
  durations: readonly number[],
  cancelled: readonly number[] = [],
  set = expireAfter,
): Promise<[number[], number[]]> {
  const order: number[] = [];
  const late: number[] = [];
  const start = performance.now();
  const all: Deadline[] = durations.map((ms, index) =>
    set(ms, {
      expire() {
        order.push(index);
        late.push(performance.now() - start - ms);
      },
    }),
  );
  for (const index of cancelled) all[index]?.cancel();
  const wanted = durations.length - cancelled.length;
  const until = performance.now() + 5000;
  while (order.length < wanted && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const one of all) one.cancel();
  return [order, late];
}

test("each comes in its time, those of one duration in their order", async () => {
  using lag = watchLag();
  const [order, late] = await come([60, 20, 60, 40, 20]);
  expect(order).toEqual([1, 4, 3, 0, 2]);
  for (const one of late) expect(one).toBeGreaterThanOrEqual(0);
  expect(Math.min(...late)).toBeLessThan(30 + 2 * lag.worstMs);
});

test("what is cancelled does not come, whichever place in the line it had", async () => {
  const [order] = await come([30, 30, 30, 30, 30], [0, 2, 4]);
  expect(order).toEqual([1, 3]);
});

test("one that is set late waits its own time, though the line's timer was set for another", async () => {
  expireAfter(50, { expire: () => undefined }).cancel();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const [order, late] = await come([50]);
  expect([order, (late[0] ?? -1) >= 0]).toEqual([[0], true]);
});

test("one set by another that has just come is not forgotten", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  expireAfter(15, { expire: () => void expireAfter(15, { expire: () => resolve("came") }) });
  expect(await promise).toBe("came");
});

test("what is left of durations comes in its time, unless it is cancelled in the midst", async () => {
  using lag = watchLag();
  const durations = Array.from({ length: 200 }, (_, index) => 1.5 + ((index * 37) % 200) * 2.3);
  const cancelled = durations.flatMap((_, index) => (index % 5 === 0 ? [index] : []));
  const [order, late] = await come(durations, cancelled, expireIn);
  expect(order.toSorted((one, other) => one - other)).toEqual([...durations.keys()].filter((index) => index % 5 !== 0));
  for (const one of late) expect(one).toBeGreaterThanOrEqual(0);
  expect(late.toSorted((one, other) => one - other)[80]).toBeLessThan(15 + 2 * lag.worstMs);
  // In the midst: its first 62 ms are over at the same instant, just before.
  const seen: number[] = [];
  beginTurn();
  const one = expireIn(63, { expire: () => seen.push(1) });
  expireAfter(62, { expire: () => one.cancel() });
  endTurn();
  await new Promise<void>((resolve) => expireIn(90, { expire: resolve }));
  expect(seen).toEqual([]);
});

test("thousands of different times have few timers", () => {
  using timers = spyOn(globalThis, "setTimeout");
  const all = Array.from({ length: 5000 }, (_, index) => expireIn(200_000 + index * 23.7, { expire: () => undefined }));
  expect(timers.mock.calls.length).toBeLessThan(20);
  for (const one of all) one.cancel();
});

test("whoever waits no more is found to be gone by a young collection", async () => {
  const held = await heldAfter(10_000, (one) => {
    const deadline = expireAfter(60_000, Object.assign(one, { expire: () => undefined }));
    return () => deadline.cancel();
  });
  expect(held).toBeLessThan(500);
});
