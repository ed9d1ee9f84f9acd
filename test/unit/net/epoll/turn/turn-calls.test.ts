/** What waits for a turn's end: in which order it is done, by a ring and without one, and that none of it is lost or done twice. */
import { expect, test } from "bun:test";
import { type TurnConnector, TurnCalls } from "../../../../../src/net/epoll/turn/turn-calls.ts";
import type { SocketCalls } from "../../../../../src/net/libc/socket-calls.ts";
import { FakeRing } from "../fake-ring.ts";

const numbers = (first: number) => Array.from({ length: 200 }, (_, at) => first + at);

const ENOMEM = 12;
const EMFILE = 24;

/** A kernel whose calls are remembered, and whose sockets are numbered from 100 on. */
function scene(isRing: boolean) {
  const log: string[] = [];
  const ring = isRing ? new FakeRing(log) : null;
  let next = 100;
  if (ring !== null)
    ring.answer = (call) =>
      call.startsWith("socket") ? next++ : call.startsWith("send") ? Number(call.split(" ")[2]) : 0;
  const calls = {
    close: (fd: number) => log.push(`close ${fd}`),
    socket: (family: number) => (log.push(`socket ${family}`), next++),
    sendAt: (fd: number, _at: number, length: number) => (log.push(`send ${fd}`), length),
  } as unknown as SocketCalls;
  const epoll = {
    watch: (fd: number) => (log.push(`watch ${fd}`), 0),
    watchBy: (one: { watch: FakeRing["watch"] }, fd: number) => one.watch(3, fd),
  };
  const turn = new TurnCalls(calls, epoll as never, ring);
  const entrant = (name: string) => ({ unwatched: (errno: number) => void log.push(`${name} unwatched ${errno}`) });
  const send = (fd: number): void => {
    const sender = { fd, isEnding: false, sent: () => void log.push(`${fd} sent`) };
    turn.sends.add(sender, -1, Buffer.from("word"), 4);
  };
  const connector = (name: string, more: Partial<TurnConnector> = {}): TurnConnector => ({
    family: 2,
    delaysAck: false,
    connect: () => void log.push(`${name} alone`),
    opened: (fd) => (log.push(`${name} has ${fd}`), fd < 0 ? -1 : fd + 1000),
    go: (result) => void log.push(`${name} goes ${result}`),
    ...more,
  });
  return { log, ring, turn, entrant, send, connector };
}

test("without a ring all is done at a turn's end by its calls, connections last, and at once outside of one", () => {
  const { log, turn, send, connector, entrant } = scene(false);
  turn.close(7);
  turn.connect(connector("outside"));
  expect(log.splice(0)).toEqual(["close 7", "outside alone"]);
  turn.begin();
  expect(turn.watch(5, 1, entrant("one"))).toBe(false);
  turn.connect(connector("one"));
  turn.close(7);
  send(4);
  turn.connect(connector("two"));
  expect(log).toEqual([]);
  turn.end();
  expect(log.splice(0)).toEqual(["send 4", "4 sent", "close 7", "one alone", "two alone"]);
  turn.begin();
  turn.end();
  expect(log).toEqual([]);
});

test("by a ring all goes in one call, and connections in another one behind it", () => {
  const { log, turn, send, connector, entrant } = scene(true);
  turn.begin();
  expect(turn.watch(5, 1, entrant("five"))).toBe(true);
  turn.connect(connector("one"));
  turn.connect(connector("unix", { family: null }));
  turn.close(7);
  send(4);
  turn.connect(connector("two", { delaysAck: true }));
  expect(log).toEqual([]);
  turn.end();
  expect(log.splice(0)).toEqual([
    "ring: send 4 4, watch 5, close 7, socket 2, socket 2",
    "4 sent",
    "one has 100",
    "unix alone",
    "two has 101",
    "ring: watch 100, option 101 6 12 0, watch 101",
    "one goes 0",
    "two goes 0",
  ]);
  turn.begin();
  turn.end();
  expect(log).toEqual([]);
});

test("one thing by itself needs no ring, and where it is for sends alone it gets nothing else", () => {
  const { log, ring, turn, send, connector, entrant } = scene(true);
  for (const one of [() => turn.close(7), () => send(4), () => turn.connect(connector("one"))]) {
    turn.begin();
    one();
    turn.end();
  }
  turn.begin();
  turn.watch(5, 1, entrant("five"));
  turn.end();
  expect(log.splice(0)).toEqual(["close 7", "send 4", "4 sent", "one alone", "watch 5"]);
  if (ring === null) throw new Error("no ring");
  ring.doesAll = false;
  const other = new TurnCalls({ close: (fd: number) => log.push(`close ${fd}`) } as never, {} as never, ring);
  other.begin();
  expect(other.watch(5, 1, entrant("five"))).toBe(false);
  other.close(1);
  other.close(2);
  other.end();
  expect(log).toEqual(["close 1", "close 2"]);
});

test("what the ring has not looked at is done by its calls, each once", () => {
  for (let most = 0; most <= 6; most++) {
    const { log, ring, turn, send, connector, entrant } = scene(true);
    if (ring === null) throw new Error("no ring");
    ring.most = most;
    turn.begin();
    send(4);
    turn.watch(5, 1, entrant("five"));
    turn.watch(6, 2, entrant("six"));
    turn.close(7);
    turn.close(8);
    turn.connect(connector("one"));
    turn.end();
    const byCalls = log.filter((line) => /^(send|watch|close|socket) \d+$/.test(line));
    const all = ["send 4", "watch 5", "watch 6", "close 7", "close 8", "socket 2"];
    const second = most === 0 ? ["watch 100"] : [];
    expect(byCalls.toSorted()).toEqual([...all.slice(most), ...second].toSorted());
    expect(log.at(-1)).toBe("one goes 0");
    expect(log).toContain("4 sent");
  }
});

test("whoever cannot be watched or opened hears of it, and the others go on", () => {
  const { log, ring, turn, connector, entrant } = scene(true);
  if (ring === null) throw new Error("no ring");
  const opened = ring.answer;
  ring.answer = (call) =>
    call === "watch 5" ? -ENOMEM : call === "socket 10" ? -EMFILE : call === "watch 100" ? -ENOMEM : opened(call);
  turn.begin();
  turn.watch(5, 1, entrant("five"));
  turn.watch(6, 2, entrant("six"));
  turn.connect(connector("full", { family: 10 }));
  turn.connect(connector("unwatched"));
  turn.connect(connector("fine"));
  turn.end();
  expect(log).toEqual([
    "ring: watch 5, watch 6, socket 10, socket 2, socket 2",
    `five unwatched ${ENOMEM}`,
    `full has ${-EMFILE}`,
    "unwatched has 100",
    "fine has 101",
    "ring: watch 100, watch 101",
    `unwatched goes ${-ENOMEM}`,
    "fine goes 0",
  ]);
});

test("however many are to be watched, a ring gets no more at a time than it takes", () => {
  const { log, turn, entrant } = scene(true);
  turn.begin();
  for (let at = 0; at < 600; at++) turn.watch(at, at, entrant(`${at}`));
  turn.end();
  const rings = log.map((line) => line.slice(6).split(", "));
  expect(rings.flat()).toEqual(Array.from({ length: 600 }, (_, at) => `watch ${at}`));
  for (const one of rings) expect(one.length).toBeLessThanOrEqual(256);
});

test("who has left before a turn's end is not watched", () => {
  const { log, turn, entrant } = scene(true);
  turn.begin();
  turn.watch(5, 1, entrant("five"));
  turn.watch(6, 2, entrant("six"));
  turn.watch(7, 3, entrant("seven"));
  expect([turn.unwatch(2), turn.unwatch(2), turn.unwatch(9)]).toEqual([true, false, false]);
  turn.end();
  expect(log).toEqual(["ring: watch 5, watch 7"]);
  expect(turn.unwatch(1)).toBe(false);
});

test.each([true, false])(
  "a long turn does some of it in between, in order, and no more at a time than a ring takes",
  (isRing) => {
    const { log, turn, send, connector, entrant } = scene(isRing);
    turn.begin();
    for (let at = 0; at < 200; at++) {
      send(1000 + at);
      turn.watch(2000 + at, at, entrant(`${at}`));
      turn.close(3000 + at);
      turn.connect(connector(`${at}`));
    }
    turn.end();
    const rings = log.filter((line) => line.startsWith("ring: ")).map((line) => line.slice(6).split(", "));
    for (const one of rings) expect(one.length).toBeLessThanOrEqual(256);
    const calls = [...rings.flat(), ...log].filter((call) => /^(send|watch|close) /.test(call));
    const of = (kind: string) =>
      calls.filter((call) => call.startsWith(kind)).map((call) => Number(call.split(" ")[1]));
    expect(of("send")).toEqual(numbers(1000));
    expect(of("close")).toEqual(numbers(3000));
    if (isRing) expect(of("watch").filter((fd) => fd >= 2000)).toEqual(numbers(2000));
    const begun = log.filter((line) => / (alone|goes 0)$/.test(line)).map((line) => Number(line.split(" ")[0]));
    expect(begun).toEqual(numbers(0));
  },
);
