import { expect, test } from "bun:test";
import { clockMs } from "../../../../src/clock.ts";
import { MovingDeadline, type Timed } from "../../../../src/http/client/moving-deadline.ts";

/** Whose time is over when it says so. */
class Waiting implements Timed {
  deadlineAt = Infinity;
  readonly over = Promise.withResolvers<number>();
  readonly deadline = new MovingDeadline(this);
  times = 0;

  timedOut(now: number): void {
    this.times += 1;
    this.over.resolve(now);
  }

  in(ms: number): number {
    this.deadlineAt = clockMs() + ms;
    this.deadline.arm();
    return this.deadlineAt;
  }
}

test("a nearer end is heeded at once, and told once", async () => {
  const waiting = new Waiting();
  waiting.in(60_000);
  const at = waiting.in(20);
  expect(await waiting.over.promise).toBeGreaterThanOrEqual(at);
  await Bun.sleep(30);
  expect(waiting.times).toBe(1);
});

test("an end that has moved away is not told before its time", async () => {
  const waiting = new Waiting();
  waiting.in(10);
  const at = waiting.in(60);
  expect(await waiting.over.promise).toBeGreaterThanOrEqual(at);
  // It may be set again.
  const again = new Waiting();
  again.in(5);
  again.deadlineAt = Infinity;
  await Bun.sleep(40);
  expect(again.times).toBe(0);
  again.in(5);
  await again.over.promise;
});

test("one that is cancelled tells nothing", async () => {
  const waiting = new Waiting();
  waiting.in(10);
  waiting.deadline.cancel();
  await Bun.sleep(40);
  expect(waiting.times).toBe(0);
});
