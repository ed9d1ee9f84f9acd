/** Checks' appointments: each at its time, in order, behind one timer, whatever one of them does. */
import { expect, jest, spyOn, test } from "bun:test";
import { waitUntil } from "../../../e2e/harness.ts";
import { Appointment } from "../../../../src/proxy/time/timetable.ts";

test("each comes once, at its time, in the order of times and then of setting", async () => {
  const came: string[] = [];
  const start = performance.now();
  const early: string[] = [];
  const set = (name: string, ms: number): void => {
    const one = new Appointment(() => {
      came.push(name);
      if (performance.now() < start + ms) early.push(name);
    });
    one.set(ms);
  };
  set("c", 60);
  set("a", 20);
  set("b", 40);
  set("d", 60);
  await waitUntil("all four", () => came.length >= 4);
  expect({ came, early }).toEqual({ came: ["a", "b", "c", "d"], early: [] });
});

test("what is cancelled does not come, what is set anew comes once, at the new time", async () => {
  const came: string[] = [];
  const make = (name: string): Appointment => new Appointment(() => void came.push(name));
  const [cancelled, earlier, later] = ["cancelled", "earlier", "later"].map(make) as [
    Appointment,
    Appointment,
    Appointment,
  ];
  cancelled.set(10);
  earlier.set(3_600_000);
  later.set(5);
  expect([cancelled.isSet, cancelled.leftMs > 0, earlier.leftMs > 3_599_000]).toEqual([true, true, true]);
  cancelled.cancel();
  cancelled.cancel();
  earlier.set(20);
  later.set(40);
  await waitUntil("both", () => came.length >= 2);
  expect(came).toEqual(["earlier", "later"]);
  expect([cancelled, earlier, later].map(({ isSet, leftMs }) => [isSet, leftMs])).toEqual([
    [false, 0],
    [false, 0],
    [false, 0],
  ]);
});

test("a thousand wait behind one timer, and none is left with the last", () => {
  const timers = spyOn(globalThis, "setTimeout");
  const cleared = spyOn(globalThis, "clearTimeout");
  try {
    const all = Array.from({ length: 1000 }, (_, at) => {
      const one = new Appointment(() => {});
      one.set(3_600_000 + at);
      return one;
    });
    expect(timers.mock.calls.length).toBe(1);
    for (const one of all) one.cancel();
    expect([timers.mock.calls.length, cleared.mock.calls.length]).toEqual([1, 1]);
  } finally {
    jest.restoreAllMocks();
  }
});

test("one that sets itself again as it comes comes again", async () => {
  let calls = 0;
  const again: Appointment = new Appointment(() => {
    calls += 1;
    if (calls < 3) again.set(0);
  });
  again.set(0);
  await waitUntil("three times", () => calls >= 3);
  expect([calls, again.isSet]).toEqual([3, false]);
});
