/** Penalties by source, held to a table that is as simple as it can be, and to their bounds. */
import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../../property/seed.ts";
import type { SshFault } from "../../../../src/plan/ssh/ssh-penalties.ts";
import { PenaltyTable, type TableBounds } from "../../../../src/ssh/penalties/penalty-table.ts";

const bounds: TableBounds = { minMs: 15_000, maxMs: 60_000, size: 100 };

describe("a penalty", () => {
  test("is pushed further by each fault, and enforced from the least on until it has passed", () => {
    const table = new PenaltyTable(bounds);
    expect(table.add("a", "invalid", 10_000, 0)).toBeNull();
    expect(table.refuses("a", 0)).toBe(false);
    expect(table.add("a", "noauth", 4000, 0)).toBeNull();
    expect(table.leftMs("a", 1000)).toBe(13_000);
    // What has passed meanwhile counts no more.
    expect(table.add("a", "noauth", 1000, 1000)).toBeNull();
    expect(table.add("a", "noauth", 1000, 1000)).toMatchObject({ source: "a", key: 16_000, isEnforced: true });
    expect(table.add("a", "noauth", 1000, 1000)).toBeNull();
    expect([table.refuses("a", 1000), table.refuses("b", 1000), table.refuses("a", 16_999)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([table.refuses("a", 17_000), table.leftMs("a", 17_000), table.size]).toEqual([false, 0, 0]);
    expect(table.add("a", "noauth", 1000, 17_000)).toBeNull();
  });

  test("grows to the most, and no further", () => {
    const table = new PenaltyTable(bounds);
    expect(table.add("a", "proxy", 1e9, 0)).toMatchObject({ key: 60_000 });
    table.add("a", "proxy", 1, 10_000);
    expect(table.leftMs("a", 10_000)).toBe(50_001);
    table.add("a", "proxy", 1e9, 20_000);
    expect(table.leftMs("a", 20_000)).toBe(60_000);
  });

  test("is forgiven", () => {
    const table = new PenaltyTable(bounds);
    table.add("a", "proxy", 20_000, 0);
    table.add("b", "proxy", 20_000, 0);
    table.remove("a");
    table.remove("a");
    expect([table.refuses("a", 0), table.refuses("b", 0), table.size, table.enforced]).toEqual([false, true, 1, 1]);
  });
});

describe("a full table", () => {
  test("gives up what passes first and is not enforced, or else takes no newcomer", () => {
    const table = new PenaltyTable({ ...bounds, size: 3 });
    table.add("enforced", "invalid", 15_000, 0);
    table.add("short", "noauth", 2000, 0);
    table.add("long", "noauth", 9000, 0);
    table.add("other", "noauth", 3000, 0);
    expect(["short", "other", "long"].map((one) => table.leftMs(one, 0))).toEqual([0, 3000, 9000]);
    // It would be the one that passes first itself.
    table.add("fleeting", "noauth", 1000, 0);
    expect([table.leftMs("fleeting", 0), table.unnoted, table.size]).toEqual([0, 1, 3]);
    for (const one of ["x", "y", "z"]) table.add(one, "invalid", 50_000, 0);
    expect([table.size, table.enforced, table.refuses("enforced", 0), table.refuses("z", 0)]).toEqual([
      3,
      3,
      true,
      false,
    ]);
    // What has passed makes room.
    table.add("z", "invalid", 50_000, 15_000);
    expect([table.refuses("enforced", 15_000), table.refuses("z", 15_000)]).toEqual([false, true]);
  });

  test("comes down to less room", () => {
    const table = new PenaltyTable(bounds);
    for (let at = 0; at < 100; at++) table.add(`s${at}`, "noauth", 1000 + at, 0);
    table.bounds = { ...bounds, size: 10 };
    for (let at = 0; at < 20; at++) table.add(`t${at}`, "noauth", 5000, 0);
    expect(table.size).toBe(10);
  });
});

/** The same in lists, where everything is looked for. */
class Model {
  entries: { source: string; key: number; isEnforced: boolean; turn: number }[] = [];
  turn = 0;

  constructor(readonly bounds: TableBounds) {}

  pass(now: number): void {
    this.entries = this.entries.filter(({ key }) => key > now);
  }

  add(source: string, ms: number, now: number): boolean {
    const { minMs, maxMs, size } = this.bounds;
    let entry = this.entries.find((one) => one.source === source);
    if (entry === undefined) {
      if (this.entries.length >= size) {
        const growing = this.entries.filter(({ isEnforced }) => !isEnforced);
        const [first] = growing.sort((one, other) => one.key - other.key || one.turn - other.turn);
        if (first === undefined || first.key > now + Math.min(ms, maxMs)) return false;
        this.entries.splice(this.entries.indexOf(first), 1);
      }
      entry = { source, key: now, isEnforced: false, turn: 0 };
      this.entries.push(entry);
    }
    entry.key = Math.min(entry.key + ms, now + maxMs);
    entry.turn = ++this.turn;
    const begins = !entry.isEnforced && entry.key - now >= minMs;
    entry.isEnforced ||= begins;
    return begins;
  }
}

test("whatever comes in whatever order comes to what a plain list has", () => {
  const random = seededRandom("penalties");
  const faults: readonly SshFault[] = ["noauth", "invalid", "proxy"];
  for (let round = 0; round < 40; round++) {
    const own = { minMs: random.between(0, 20), maxMs: random.between(20, 60), size: random.between(1, 12) };
    const [table, model] = [new PenaltyTable(own), new Model(own)];
    let now = 0;
    for (let step = 0; step < 250; step++) {
      now += random.between(0, 3);
      const source = `s${random.between(0, 15)}`;
      // All that have passed are gone from both.
      for (let isMore = true; isMore;) {
        const before = table.size;
        isMore = table.sweep(now, 3);
        expect(before - table.size).toBeLessThanOrEqual(3);
      }
      model.pass(now);
      const kind = random.between(0, 9);
      if (kind === 0) {
        table.remove(source);
        model.entries = model.entries.filter((one) => one.source !== source);
      } else if (kind < 8) {
        const ms = random.between(0, 15);
        expect(table.add(source, random.pick(faults), ms, now) !== null).toBe(model.add(source, ms, now));
        model.pass(now);
      }
      const found = model.entries.find((one) => one.source === source);
      expect(table.refuses(source, now)).toBe(found?.isEnforced === true);
      expect(table.leftMs(source, now)).toBe(found === undefined ? 0 : found.key - now);
      expect(table.size).toBe(model.entries.length);
      expect(table.enforced).toBe(model.entries.filter(({ isEnforced }) => isEnforced).length);
    }
    const shown = [...table.all(now)].map((one) => one?.source).sort();
    expect(shown).toEqual(model.entries.map(({ source }) => source).sort());
  }
});

/** A million where there is time. */
const sources = process.env["SOAK"] === "1" ? 1_000_000 : 200_000;

test("so many sources take the room of those that there may be, and their time", () => {
  const table = new PenaltyTable({ ...bounds, size: 65_536 });
  table.add("kept out", "invalid", 60_000, 0);
  const begunAt = performance.now();
  for (let at = 0; at < sources; at++) {
    table.add(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`, "noauth", 1000, at / 100_000);
  }
  // Far more than it takes, and far less than what grows with the square.
  expect(performance.now() - begunAt).toBeLessThan(30_000);
  expect([table.size, table.enforced, table.refuses("kept out", 10)]).toEqual([65_536, 1, true]);
});
