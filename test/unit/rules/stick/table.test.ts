/** Stick tables count, expire and purge as HAProxy's do. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { SampleContext } from "../../../../src/rules/context.ts";
import { addToRate, freshRate, readRate } from "../../../../src/rules/stick/rate.ts";
import type { StickTable } from "../../../../src/rules/stick/table.ts";
import { countBytes, countSession, releaseTracked, track } from "../../../../src/rules/stick/tracking.ts";
import { done, tablePlan, tables } from "../session.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function tableOf(plan: Parameters<typeof tablePlan>, clock = { at: 0 }): StickTable {
  const table = tables([tablePlan(...plan)], clock).get("t");
  if (table === undefined) throw new Error("no table");
  return table;
}

function keysOf(table: StickTable): string[] {
  return [...table.entries()].map((entry) => String(entry.key)).sort();
}

describe("rates", () => {
  /** HAProxy, `conn_rate(2s)`, six connections within 0.3 s: 6 at once, 6 at 1.5 s, then falling to 0. */
  test("the window before fades out", () => {
    const counters = [...freshRate];
    for (const at of [0, 50, 100, 150, 200, 250]) addToRate(counters, 0, 2000, at, 1);
    const seen = [300, 1800, 2000, 2800, 3300, 3999, 4001, 9000].map((at) => readRate(counters, 0, 2000, at));
    expect(seen).toEqual([6, 6, 6, 3, 2, 0, 0, 0]);
  });

  test("a single event in the window before counts until that window is out of reach", () => {
    const counters = [...freshRate];
    addToRate(counters, 0, 1000, 0, 1);
    expect([999, 1001, 1999, 2001].map((at) => readRate(counters, 0, 1000, at))).toEqual([1, 1, 1, 0]);
  });

  test("events after a pause of two periods start anew", () => {
    const counters = [...freshRate];
    addToRate(counters, 0, 1000, 0, 50);
    addToRate(counters, 0, 1000, 2500, 2);
    expect(counters).toEqual([2500, 2, 0]);
    addToRate(counters, 0, 1000, 3600, 1);
    expect(counters).toEqual([3500, 1, 2]);
  });
});

describe("keys", () => {
  test.each([
    ["ip", { type: "ipv4", value: "10.0.0.1" }, "10.0.0.1"],
    ["ip", { type: "ipv6", value: "::ffff:10.0.0.1" }, "10.0.0.1"],
    ["ip", { type: "ipv6", value: "2001:db8::1" }, undefined],
    ["ipv6", { type: "ipv4", value: "10.0.0.1" }, "::ffff:10.0.0.1"],
    ["ipv6", { type: "str", value: "2001:DB8:0::1" }, "2001:db8::1"],
    ["integer", { type: "sint", value: -1n }, 4294967295],
    ["integer", { type: "str", value: "12x" }, 12],
    ["string", { type: "ipv4", value: "127.0.0.1" }, "127.0.0."],
    ["binary", { type: "str", value: "ab" }, "ab\0\0\0\0\0\0"],
    [
      "binary",
      { type: "bin", value: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]) },
      "\x01\x02\x03\x04\x05\x06\x07\x08",
    ],
  ] as const)("a key of type %s (%#)", (type, sample, key) => {
    expect(tableOf([[], { type, keyLength: 8 }]).keyOf(sample)).toEqual(key);
  });
});

describe("size and expiry", () => {
  test("an entry expires unless it is touched", () => {
    const clock = { at: 0 };
    const table = tableOf([[], { expireMs: 100 }], clock);
    table.findOrCreate("a");
    clock.at = 60;
    table.findOrCreate("b");
    table.findOrCreate("a");
    clock.at = 159;
    expect(keysOf(table)).toEqual(["a", "b"]);
    table.findOrCreate("b");
    clock.at = 160;
    expect(table.find("a")).toBeUndefined();
    expect({ used: table.used, available: table.available }).toEqual({ used: 1, available: 99 });
  });

  test("a full table drops the longest untouched, a 256th of its size and one more", () => {
    const table = tableOf([[], { size: 512 }]);
    for (let key = 0; key < 512; key++) table.findOrCreate(key);
    table.findOrCreate(0);
    table.findOrCreate("new");
    expect([0, 1, 2, 3, 4, "new"].map((key) => table.find(key) !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(table.used).toBe(510);
  });

  test("nopurge keeps what is there", () => {
    const table = tableOf([[], { size: 1, nopurge: true }]);
    table.findOrCreate("a");
    expect(table.findOrCreate("b")).toBeUndefined();
    expect(keysOf(table)).toEqual(["a"]);
  });

  test.each([
    ["to count", (table: StickTable) => table.used],
    ["to count what is free", (table: StickTable) => table.available],
    ["to add one", (table: StickTable) => table.findOrCreate("k")],
  ])("where very many have expired at once none waits until all are gone, %s", (_, ask) => {
    for (const size of [30_000, 1_000_000]) {
      const clock = { at: 0 };
      const table = tableOf([["conn_cnt"], { type: "string", keyLength: 9, size, expireMs: 100 }], clock);
      for (let key = 0; key < 30_000; key++) table.findOrCreate(`k${key}`);
      clock.at = 1000;
      ask(table);
      const dropped = 30_000 - [...table.entries()].length;
      expect([dropped >= 30, dropped < 2000]).toEqual([true, true]);
      for (let times = 0; times < 30_000 / 32; times++) ask(table);
      expect(table.used).toBeLessThan(2);
    }
  });

  test("room in a very large table is made a little at a time", () => {
    const table = tableOf([["conn_cnt"], { type: "string", keyLength: 9, size: 270_000 }]);
    for (let key = 0; key <= 270_000; key++) table.findOrCreate(`k${key}`);
    expect(table.used).toBe(270_000 - 1023);
  });

  test("what sessions track is neither purged nor expired", () => {
    const clock = { at: 0 };
    const table = tableOf([["conn_cur"], { size: 1, expireMs: 10 }], clock);
    const tracked: SampleContext["tracked"] = [];
    track(tracked, 0, table, "a");
    clock.at = 1000;
    expect(table.findOrCreate("b")).toBeUndefined();
    expect(table.find("a")).toBe(tracked[0]!);
    releaseTracked(tracked);
    clock.at = 1009;
    expect(table.find("a")?.counters).toEqual([0]);
    clock.at = 1010;
    expect(table.find("a")).toBeUndefined();
  });

  test("a million touches keep the table within its size", () => {
    const table = tableOf([["conn_cnt"], { size: 1000, expireMs: 5 }]);
    for (let key = 0; key < 200_000; key++) table.findOrCreate(key);
    expect(table.used).toBeLessThanOrEqual(1000);
  });
});

/** What the session below leaves, while `current` of its two tracks go on. */
function dataOf(current: number): readonly { name: string; periodMs: number; value: number }[] {
  return [
    { name: "conn_cnt", periodMs: 0, value: 2 },
    { name: "conn_rate", periodMs: 10_000, value: 2 },
    { name: "conn_cur", periodMs: 0, value: current },
    { name: "sess_cnt", periodMs: 0, value: 1 },
    { name: "bytes_in_cnt", periodMs: 0, value: 36 },
    { name: "bytes_out_rate", periodMs: 10_000, value: 40 },
    { name: "gpc0", periodMs: 0, value: 0 },
    { name: "gpc1", periodMs: 0, value: 0 },
    { name: "gpc0_rate", periodMs: 5000, value: 0 },
    { name: "gpc1_rate", periodMs: 5000, value: 0 },
  ];
}

test("a session's way is counted as `show table` tells it", () => {
  const table = tableOf([
    [
      "conn_cnt",
      "conn_cur",
      "conn_rate(10000)",
      "sess_cnt",
      "bytes_in_cnt",
      "bytes_out_rate(10000)",
      "gpc(2)",
      "gpc_rate(2,5000)",
    ],
    { expireMs: 30_000 },
  ]);
  const tracked: SampleContext["tracked"] = [];
  track(tracked, 0, table, "10.0.0.1");
  track(tracked, 0, table, "10.9.9.9");
  countSession(tracked);
  track(tracked, 1, table, "10.0.0.1");
  countBytes(tracked, 18, 20);
  const entry = table.find("10.0.0.1")!;
  expect(table.figures(entry)).toEqual({ key: "10.0.0.1", use: 2, expiresInMs: 30_000, data: dataOf(2) });
  releaseTracked(tracked);
  expect(table.figures(entry)).toEqual({ key: "10.0.0.1", use: 0, expiresInMs: 30_000, data: dataOf(0) });
  expect(tracked).toEqual([undefined, undefined]);
});

test("the admin socket's verbs", () => {
  const table = tableOf([["gpc0", "conn_rate(1000)", "gpt(2)"]]);
  const entry = table.findOrCreate(table.parseKey("9.9.9.9")!)!;
  expect(["gpc0", "conn_rate", "gpt1", "gpt2", "nope"].map((name) => table.write(entry, name, 7))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  table.storeServer(entry, "s1", 3);
  expect(table.figures(entry)?.data.map(({ name, value }) => `${name}=${value}`)).toEqual([
    "server_id=3",
    "gpc0=7",
    "conn_rate=7",
    "server_key=s1",
    "gpt0=0",
    "gpt1=7",
  ]);
  expect([table.parseKey("nonsense"), table.remove(entry), table.used]).toEqual([undefined, true, 0]);
});

test("a table that is declared to hold the same goes on, within its new size and expiry", () => {
  const clock = { at: 0 };
  const first = tables([tablePlan(["gpc0", "conn_cnt"], { size: 500, expireMs: 0 })], clock);
  const table = first.get("t")!;
  for (let key = 0; key < 200; key += 1) table.findOrCreate(`10.0.0.${key}`);
  const smaller = done(first.next([tablePlan(["gpc0", "conn_cnt"], { size: 150, expireMs: 1000 })], []));
  expect(smaller.get("t")).toBe(table);
  expect(table.plan.size).not.toBe(150);
  const steps = [...smaller.enforce()];
  expect(steps.every((units) => units <= 64)).toBe(true);
  expect([table.plan.size, table.used]).toEqual([150, 150]);
  expect([...table.entries()][0]?.key).toBe("10.0.0.50");
  clock.at = 1001;
  expect(table.used).toBe(0);
});

test("a table that is declared to hold something else is another one; sessions keep what they track", () => {
  const first = tables([tablePlan(["gpc0", "conn_cnt"])]);
  const table = first.get("t")!;
  const tracked: SampleContext["tracked"] = [];
  track(tracked, 0, table, "10.0.0.1");
  for (const other of [tablePlan(["conn_cnt"]), tablePlan(["gpc0", "conn_cnt"], { type: "integer" })]) {
    const next = done(first.next([other], []));
    expect([next.get("t") === table, next.get("t")?.used]).toEqual([false, 0]);
  }
  expect(done(first.next([], [])).get("t")).toBeUndefined();
  releaseTracked(tracked);
  expect([...table.entries()].map((entry) => [entry.key, entry.references])).toEqual([["10.0.0.1", 0]]);
});
