/** When a direction is a stream, and when it pauses: on a clock that is given. */
import { expect, test } from "bun:test";
import { shareOf, type Stretch, LowWater, lowWaterRule } from "../../../../src/net/relay/stretch.ts";

const rule = { afterBytes: 1000, growth: 4, markBytes: 100, pauseMs: 5, limit: 2 };

/** Streams by name, what was done to their marks, and what a look finds to be read. */
class Trial {
  readonly done: string[] = [];
  readonly there: Record<string, number> = {};
  readonly held = new Set<string>();
  readonly refused = new Set<string>();
  readonly lowWater = new LowWater<string>(rule, {
    raise: (source, bytes) => {
      if (this.refused.has(source)) return false;
      this.done.push(`${source} ${bytes}`);
      return true;
    },
    lower: (source) => void this.done.push(`${source} 1`),
    isHeld: (source) => this.held.has(source),
  });
  readonly #all: Record<string, Stretch<string>> = {};

  stretch(name: string): Stretch<string> {
    return (this.#all[name] ??= this.lowWater.begin(name, 0));
  }

  /** So many bytes, ten at a time, 1 ms apart; the instant after them. */
  moves(name: string, bytes: number, from: number): number {
    let now = from;
    for (let left = bytes; left > 0; left -= 10) this.lowWater.moved(this.stretch(name), 10, (now += 1));
    return now;
  }

  look(now: number): void {
    this.lowWater.look(now, (name) => {
      const bytes = this.there[name] ?? 0;
      delete this.there[name];
      if (bytes > 0) this.lowWater.moved(this.stretch(name), bytes, now);
    });
  }
}

test("a direction that moves so much without a pause is a stream, and not before", () => {
  const trial = new Trial();
  const now = trial.moves("a", 990, 0);
  expect([trial.done, trial.lowWater.lookAt]).toEqual([[], Infinity]);
  trial.moves("a", 10, now);
  expect([trial.done, trial.lowWater.lookAt]).toEqual([["a 100"], now + 1 + 5]);
});

test("a pause has it begin anew; less than one has not", () => {
  const trial = new Trial();
  const first = trial.moves("a", 990, 0);
  trial.lowWater.moved(trial.stretch("a"), 10, first + 5);
  expect(trial.done).toEqual([]);
  const second = trial.moves("a", 980, first + 5);
  trial.lowWater.moved(trial.stretch("a"), 10, second + 4.9);
  expect(trial.done).toEqual(["a 100"]);
});

test("where half a mark is there after a while the pause was our own", () => {
  const trial = new Trial();
  const now = trial.moves("a", 950, 0);
  trial.lowWater.moved(trial.stretch("a"), 50, now + 50);
  expect(trial.done).toEqual(["a 100"]);
});

test("a stream that brings nothing for 5 ms is woken for every byte again, and has four times as far to go, each time", () => {
  const trial = new Trial();
  let now = trial.moves("a", 1000, 0);
  for (const bytes of [4000, 16_000]) {
    trial.done.length = 0;
    trial.look(now + 4.9);
    expect(trial.done).toEqual([]);
    trial.look(now + 5);
    expect([trial.done, trial.lowWater.lookAt]).toEqual([["a 1"], Infinity]);
    now = trial.moves("a", bytes - 10, now + 10);
    expect(trial.done).toEqual(["a 1"]);
    now = trial.moves("a", 10, now);
    expect(trial.done).toEqual(["a 1", "a 100"]);
  }
});

test("what has come waits for 5 ms at most: half a mark keeps it a stream, less ends the stretch", () => {
  const trial = new Trial();
  const now = trial.moves("a", 1000, 0);
  trial.done.length = 0;
  trial.there["a"] = 50;
  trial.look(now + 5);
  expect([trial.done, trial.there, trial.lowWater.lookAt]).toEqual([[], {}, now + 10]);
  trial.there["a"] = 49;
  trial.look(now + 10);
  expect([trial.done, trial.there, trial.lowWater.lookAt]).toEqual([["a 1"], {}, Infinity]);
});

test("what moves is not looked at, and a look costs nothing before its time", () => {
  const trial = new Trial();
  let now = trial.moves("a", 1000, 0);
  trial.there["a"] = 7;
  for (let round = 0; round < 20; round++) {
    trial.lowWater.moved(trial.stretch("a"), 100, (now += 4));
    trial.look(now);
  }
  expect([trial.done, trial.there, trial.lowWater.lookAt > now]).toEqual([["a 100"], { a: 7 }, true]);
});

test("no more marks are up than may be, and the next has its turn when one is free", () => {
  const trial = new Trial();
  let now = trial.moves("a", 1000, 0);
  now = trial.moves("b", 1000, now);
  now = trial.moves("c", 3000, now);
  expect(trial.done).toEqual(["a 100", "b 100"]);
  expect(trial.lowWater.forget(trial.stretch("b"))).toBe(true);
  trial.moves("c", 10, now);
  expect(trial.done).toEqual(["a 100", "b 100", "c 100"]);
});

test("who is gone has no mark to be lowered", () => {
  const trial = new Trial();
  const now = trial.moves("a", 1000, 0);
  expect([trial.lowWater.forget(trial.stretch("a")), trial.lowWater.lookAt]).toEqual([true, Infinity]);
  trial.look(now + 100);
  expect([trial.lowWater.forget(trial.stretch("a")), trial.done]).toEqual([false, ["a 100"]]);
});

test("while nobody takes what it has brought it does not pause: its mark goes, and the way to the next is as long as before", () => {
  const trial = new Trial();
  let now = trial.moves("a", 1000, 0);
  trial.held.add("a");
  trial.there["a"] = 70;
  trial.look(now + 5);
  expect([trial.done, trial.there]).toEqual([["a 100", "a 1"], { a: 70 }]);
  trial.held.clear();
  trial.lowWater.goOn(trial.stretch("a"), (now += 100));
  trial.moves("a", 1000, now);
  expect(trial.done).toEqual(["a 100", "a 1", "a 100"]);
});

test("where the other side takes bytes slowly there is no stream", () => {
  const trial = new Trial();
  let now = 0;
  for (let round = 0; round < 100; round++) {
    trial.lowWater.moved(trial.stretch("a"), 100, (now += 0.1));
    trial.lowWater.goOn(trial.stretch("a"), (now += 6));
  }
  expect(trial.done).toEqual([]);
});

test("a socket that has no mark is not asked again", () => {
  const trial = new Trial();
  trial.refused.add("a");
  const now = trial.moves("a", 1000, 0);
  trial.refused.clear();
  trial.moves("a", 100_000, now);
  expect([trial.done, trial.lowWater.lookAt]).toEqual([[], Infinity]);
});

test("the shares of a bound are no more than it", () => {
  expect([2, 3, 64, 65].map((parts) => shareOf(lowWaterRule, parts).limit)).toEqual([32, 21, 1, 0]);
});
