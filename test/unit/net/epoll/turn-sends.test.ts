import { expect, test } from "bun:test";
import { type Pointer, toArrayBuffer } from "bun:ffi";
import type { SocketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { type TurnSender, TurnSends } from "../../../../src/net/epoll/turn-sends.ts";

const EAGAIN = 11;
const EPIPE = 32;

/** Takes at most `room` bytes a call, and remembers what; a negative room is an errno. */
class Kernel {
  readonly seen: string[] = [];
  room = Infinity;
  readonly calls = {
    close: (fd: number): number => {
      this.seen.push(`close ${fd}`);
      return 0;
    },
    sendAt: (fd: number, address: number, length: number): number => {
      if (this.room < 0) return this.room;
      const taken = Math.min(length, this.room);
      this.seen.push(`${fd}: ${Buffer.from(toArrayBuffer(address as Pointer, 0, taken)).toString()}`);
      return taken;
    },
  } as unknown as SocketCalls;
}

class Sender implements TurnSender {
  place = -1;
  ends: string[] = [];
  constructor(
    readonly sends: TurnSends,
    readonly fd: number,
  ) {}
  sent(rest: Uint8Array | null, errno: number): void {
    this.place = -1;
    this.ends.push(rest === null ? "all" : `${Buffer.from(rest).toString()} ${errno}`);
  }
  /** Whether it waits. */
  send(text: string): boolean {
    const bytes = Buffer.from(`${text}behind`);
    const place = this.sends.add(this, this.place, bytes, text.length);
    if (place >= 0) this.place = place;
    bytes.fill(0);
    return place >= 0;
  }
}

const scene = () => {
  const kernel = new Kernel();
  const sends = new TurnSends(kernel.calls);
  return { kernel, sends, a: new Sender(sends, 1), b: new Sender(sends, 2) };
};

test("what is sent in a turn goes at its end, in order; bytes of one sender that follow each other in one call", () => {
  const { kernel, sends, a, b } = scene();
  expect(a.send("nobody's turn")).toBe(false);
  sends.begin();
  expect([a.send("one "), a.send("two"), b.send("three")]).toEqual([true, true, true]);
  expect(kernel.seen).toEqual([]);
  sends.end();
  expect(kernel.seen).toEqual(["1: one two", "2: three"]);
  expect([a.ends, b.ends]).toEqual([["all"], ["all"]]);
  sends.begin();
  sends.end();
  expect(kernel.seen.length).toBe(2);
});

test("what follows when another has sent in between is for its sender to send behind, as is what is long", () => {
  const { kernel, sends, a, b } = scene();
  sends.begin();
  a.send("one");
  b.send("two");
  expect(a.send("three")).toBe(false);
  sends.send(a.place);
  expect(kernel.seen).toEqual(["1: one"]);
  expect(b.send("x".repeat(5000))).toBe(false);
  sends.end();
  expect(kernel.seen).toEqual(["1: one", "2: two"]);
});

test("what the kernel does not take is given back, a copy, with the reason", () => {
  const { kernel, sends, a, b } = scene();
  sends.begin();
  kernel.room = 2;
  a.send("seen and not");
  sends.send(a.place);
  expect(a.ends).toEqual(["en and not 0"]);
  kernel.room = -EAGAIN;
  b.send("later");
  sends.send(b.place);
  kernel.room = -EPIPE;
  a.send("never");
  sends.end();
  expect([a.ends.at(-1), b.ends.at(-1)]).toEqual([`never ${EPIPE}`, `later ${EAGAIN}`]);
});

test("a long turn sends in between, and loses and mixes up nothing", () => {
  const { kernel, sends } = scene();
  const wanted: string[] = [];
  sends.begin();
  for (let at = 0; at < 500; at++) {
    const text = `${at}`.repeat(1 + (at % 1000)).slice(0, 4096);
    wanted.push(`${at}: ${text}`);
    expect(new Sender(sends, at).send(text)).toBe(true);
  }
  expect(kernel.seen.length).toBeGreaterThan(300);
  sends.end();
  expect(kernel.seen).toEqual(wanted);
});

test("descriptors are closed behind what a turn sends, and at once outside of one or when they become many", () => {
  const { kernel, sends, a, b } = scene();
  sends.close(7);
  expect(kernel.seen).toEqual(["close 7"]);
  sends.begin();
  a.send("last");
  sends.send(a.place);
  sends.close(1);
  b.send("word");
  expect(kernel.seen).toEqual(["close 7", "1: last"]);
  sends.end();
  expect(kernel.seen).toEqual(["close 7", "1: last", "2: word", "close 1"]);
  sends.begin();
  sends.end();
  expect(kernel.seen.length).toBe(4);
  kernel.seen.length = 0;
  sends.begin();
  for (let fd = 0; fd < 100; fd++) sends.close(fd);
  expect(kernel.seen.length).toBe(64);
  sends.end();
  expect(kernel.seen).toEqual(Array.from({ length: 100 }, (_, fd) => `close ${fd}`));
});
