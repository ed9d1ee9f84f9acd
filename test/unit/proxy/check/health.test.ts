import { expect, test } from "bun:test";
import { Health } from "../../../../src/proxy/check/health.ts";

/** Replays results: `+` passed, `-` failed; tells the counter after each and where the line was crossed. */
function replay(health: Health, history: string): string {
  return Array.from(history, (one) => {
    const { crossed } = health.fold(one === "+");
    return `${health.value}${crossed === "up" ? "U" : crossed === "down" ? "D" : ""}`;
  }).join(" ");
}

test("a new server is up but falls at its first failure, as in HAProxy", () => {
  const health = new Health(2, 3);
  expect({ value: health.value, isUp: health.isUp, shown: health.shown }).toEqual({
    value: 2,
    isUp: true,
    shown: { count: 1, of: 3 },
  });
  expect(replay(health, "-")).toBe("0D");
});

test("one success fills a new server's health", () => {
  expect(replay(new Health(2, 3), "+---")).toBe("4 3 2 0D");
});

test("only a run of equal results counts", () => {
  const health = new Health(2, 3);
  expect(replay(health, "+--+--+---")).toBe("4 3 2 4 3 2 4 3 2 0D");
  expect(replay(health, "+-+-++")).toBe("1 0 1 0 1 4U");
});

test("it neither overflows nor goes below zero", () => {
  expect(replay(new Health(1, 1), "+++--+")).toBe("1 1 1 0D 0 1U");
});

test("what log lines show", () => {
  const health = new Health(2, 3);
  replay(health, "+-");
  expect(health.shown).toEqual({ count: 2, of: 3 });
  replay(health, "--+");
  expect(health.shown).toEqual({ count: 1, of: 2 });
});

test("the interval follows the counter: fast in transitions, down when empty", () => {
  const health = new Health(2, 3);
  const times = { interMs: 1000, fastInterMs: 100, downInterMs: 5000 };
  const seen = [health.intervalMs(times)];
  for (const one of "+----+") {
    health.fold(one === "+");
    seen.push(health.intervalMs(times));
  }
  expect(seen).toEqual([100, 1000, 100, 100, 5000, 5000, 100]);
  expect(health.intervalMs({ interMs: 1000, fastInterMs: 0, downInterMs: 0 })).toBe(1000);
});

test("operators, agents and observers move it at once", () => {
  const health = new Health(2, 3);
  health.forceUp();
  expect(health.value).toBe(4);
  health.weaken();
  expect([health.value, health.fold(false).crossed, health.value]).toEqual([3, null, 2]);
  health.weaken();
  expect([health.value, health.fold(false).crossed]).toEqual([2, "down"]);
  health.forceUp();
  expect([health.forceDown(), health.forceDown(), health.value]).toEqual([true, false, 0]);
  health.weaken();
  expect(health.value).toBe(0);
  expect([health.forceUp(), health.forceUp()]).toEqual([true, false]);
  health.restore(99);
  expect(health.value).toBe(4);
});
