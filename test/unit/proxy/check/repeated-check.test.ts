/** What is asked again and again: never twice at once, whatever throws and whoever stops it meanwhile. */
import { expect, test } from "bun:test";
import { RepeatedCheck } from "../../../../src/proxy/check/repeated-check.ts";
import type { Abort } from "../../../../src/proxy/check/run/abort.ts";

class Scripted extends RepeatedCheck<string> {
  readonly asked: Abort[] = [];
  readonly reported: string[] = [];
  isReachable = true;
  onReport: () => void = () => {};
  #waiting: (() => void)[] = [];

  protected ask(abort: Abort): boolean {
    this.asked.push(abort);
    for (const resolve of this.#waiting.splice(0)) resolve();
    return this.isReachable;
  }

  protected report(outcome: string): void {
    this.reported.push(outcome);
    this.onReport();
  }

  protected pauseMs(): number {
    return 50_000;
  }

  /** The question that comes next. */
  async next(): Promise<Abort> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.asked.at(-1) as Abort;
  }

  end(abort: Abort, outcome: string): void {
    this.settle(abort, outcome);
  }
}

async function asking(): Promise<readonly [Scripted, Abort]> {
  const one = new Scripted();
  one.start(0);
  return [one, await one.next()];
}

test("the next one is due after the pause, which begins at the end of the one before", async () => {
  const [one, abort] = await asking();
  one.start(0);
  expect([one.isRunning, one.dueInMs, one.asked.length]).toEqual([true, 0, 1]);
  one.end(abort, "fine");
  expect(one.reported).toEqual(["fine"]);
  expect([one.isRunning, one.asked.length]).toEqual([false, 1]);
  expect(one.dueInMs).toBeWithin(40_000, 50_002);
  one.hurry(10_000);
  expect(one.dueInMs).toBeWithin(9000, 10_002);
  one.hurry(20_000);
  expect(one.dueInMs).toBeWithin(9000, 10_002);
  one.stop();
  expect(one.dueInMs).toBeNull();
});

test("one that is stopped is given up and reports nothing", async () => {
  const [one, abort] = await asking();
  one.stop();
  expect([abort.isAborted, one.isRunning, one.dueInMs]).toEqual([true, false, null]);
  one.end(abort, "late");
  expect([one.reported, one.dueInMs]).toEqual([[], null]);
});

test("a report may stop it, and start it anew", async () => {
  const [one, abort] = await asking();
  one.onReport = () => one.stop();
  one.end(abort, "last");
  expect(one.dueInMs).toBeNull();
  one.start(0);
  const again = await one.next();
  one.onReport = () => {
    one.stop();
    one.start(7000);
  };
  one.end(again, "anew");
  expect(one.dueInMs).toBeWithin(6000, 7002);
  one.stop();
});

test("where there is nowhere to ask, or a report throws, it goes on", async () => {
  const one = new Scripted();
  one.isReachable = false;
  one.start(0);
  await one.next();
  await Promise.resolve();
  expect([one.isRunning, (one.dueInMs ?? 0) > 40_000]).toEqual([false, true]);
  one.stop();
  one.isReachable = true;
  one.start(0);
  const abort = await one.next();
  one.onReport = () => {
    throw new Error("broken");
  };
  expect(() => one.end(abort, "x")).toThrow("broken");
  expect(one.dueInMs).toBeWithin(40_000, 50_002);
  one.stop();
});
