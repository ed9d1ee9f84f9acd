/** When certificates that run out are told of. */
import { expect, test } from "bun:test";
import type { Event } from "../../../../../src/events.ts";
import { Turns } from "../../../../../src/proxy/time/turns.ts";
import { ExpiryWatch } from "../../../../../src/proxy/tls/certificates/expiry-watch.ts";

const hour = 3_600_000;
const day = 24 * hour;

function stage(ends: Record<string, number>) {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const told: Event[] = [];
  let turns = 0;
  const watch = new ExpiryWatch(
    function* (now) {
      for (const [name, notAfter] of Object.entries(ends)) {
        yield { name, notAfter, daysLeft: Math.floor((notAfter - now) / day) };
        yield null;
      }
    },
    (event) => void told.push(event),
    new Turns(undefined, () => void (turns += 1)),
    () => clock.now,
  );
  const names = (): string[] => told.splice(0).map((event) => (event.type === "certificate" ? event.name : "?"));
  return { clock, watch, told, names, turns: () => turns };
}

test("from two weeks before on a certificate is told of, once a day", async () => {
  const start = Date.UTC(2026, 0, 1);
  const { clock, watch, names } = stage({
    soon: start + 13 * day,
    later: start + 14 * day + 2 * hour,
    gone: start - day,
  });
  await watch.look();
  expect(names()).toEqual(["soon", "gone"]);
  const seen: string[][] = [];
  for (let hours = 1; hours <= 49; hours++) {
    clock.now += hour;
    await watch.look();
    seen.push(names());
  }
  expect(seen.map((all, at) => [at + 1, ...all]).filter((all) => all.length > 1)).toEqual([
    [3, "later"],
    [24, "soon", "gone"],
    [27, "later"],
    [48, "soon", "gone"],
  ]);
});

test("one that was replaced is forgotten, and told of again when its time comes", async () => {
  const start = Date.UTC(2026, 0, 1);
  const ends = { a: start + day };
  const { clock, watch, names } = stage(ends);
  await watch.look();
  ends.a = start + 90 * day;
  clock.now += hour;
  await watch.look();
  ends.a = start + day;
  await watch.look();
  expect(names()).toEqual(["a", "a"]);
});

test("many are looked at in turns, one look at a time", async () => {
  const { watch, told, turns } = stage(Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`c${at}`, 0])));
  await Promise.all([watch.look(), watch.look()]);
  expect([told.length, turns()]).toEqual([1000, 10]);
});

test("it looks when it starts, and holds no process", async () => {
  const { watch, told } = stage({ a: 0 });
  watch.start();
  watch.start();
  await new Promise((resolve) => setImmediate(resolve));
  watch.stop();
  expect(told.length).toBe(1);
});
