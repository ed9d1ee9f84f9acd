import { expect, test } from "bun:test";
import type { Event } from "../../../../src/events.ts";
import type { Transport } from "../../../../src/net/transport.ts";
import { ProcessState } from "../../../../src/proxy/process/process-state.ts";

function state(hear: (event: Event) => void = () => {}): ProcessState {
  return new ProcessState({} as Transport, hear);
}

test("places are counted, and whoever waits for one is let in", () => {
  const one = state();
  let [served, idle] = [0, 0];
  one.onIdle = () => void (idle += 1);
  one.enter(0);
  one.enter(0);
  one.waiting.add({ serve: () => void (served += 1) });
  one.leave();
  expect([one.current, one.max, one.total, served, idle]).toEqual([1, 2, 2, 1, 0]);
  one.leave();
  expect([one.current, one.max, one.total, served, idle]).toEqual([0, 2, 2, 2, 1]);
});

test("that nobody is left is told even where letting others in throws", () => {
  const one = state();
  let idle = 0;
  one.onIdle = () => void (idle += 1);
  one.waiting.add({
    serve() {
      throw new Error("no");
    },
  });
  one.enter(0);
  expect(() => one.leave()).toThrow("no");
  expect(idle).toBe(1);
});

test("what holds for the whole run is told once", () => {
  const told: unknown[] = [];
  const one = state((event) => void told.push(event));
  one.noticeOnce("this");
  one.noticeOnce("that");
  one.noticeOnce("this");
  expect(told).toEqual(["this", "that"].map((text) => ({ type: "notice", level: "warning", text })));
});

test("a listener that throws is told of, and the proxy goes on", () => {
  const told: string[] = [];
  const one = state((event) => {
    if (event.type !== "notice") return;
    told.push(`${event.level} ${event.text.split("\n")[0] ?? ""}`);
    if (event.level === "warning") throw new Error("broken");
  });
  one.noticeOnce("this");
  expect(told[0]).toBe("warning this");
  expect(told[1]).toStartWith("alert ");
  expect(told[1]).toContain("while a 'notice' event was told");
});
