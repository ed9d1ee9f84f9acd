import { expect, test } from "bun:test";
import { type Pointer, toArrayBuffer } from "bun:ffi";
import type { SocketCalls } from "../../../../../src/net/libc/socket-calls.ts";
import type { CallRing } from "../../../../../src/net/libc/call-ring.ts";
import { mostSends, type TurnSender, TurnSends } from "../../../../../src/net/epoll/turn/turn-sends.ts";

const EAGAIN = 11;
const EPIPE = 32;

/** Takes at most `room` bytes a call, and remembers what; a negative room is an errno. */
class Kernel {
  readonly seen: string[] = [];
  room = Infinity;
  readonly calls = {
    sendAt: (fd: number, address: number, length: number, endFollows: boolean): number => {
      if (this.room < 0) return this.room;
      const taken = Math.min(length, this.room);
      const text = Buffer.from(toArrayBuffer(address as Pointer, 0, taken)).toString();
      this.seen.push(`${fd}: ${text}${endFollows ? ", and its end" : ""}`);
      return taken;
    },
  } as unknown as SocketCalls;
}

class Sender implements TurnSender {
  place = -1;
  isEnding = false;
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

/** Looks at no more than `most` of a submission. */
class Ring implements Pick<CallRing, "send" | "submit" | "result"> {
  most = Infinity;
  #taken: (readonly [fd: number, address: number, length: number, endFollows: boolean])[] = [];
  #results: number[] = [];
  constructor(readonly kernel: Kernel) {}
  send(fd: number, address: number, length: number, endFollows: boolean): number {
    return this.#taken.push([fd, address, length, endFollows]) - 1;
  }
  submit(): number {
    const seen = this.#taken.slice(0, this.most);
    this.kernel.seen.push(`ring of ${this.#taken.length}`);
    this.#results = seen.map((one) => this.kernel.calls.sendAt(...one));
    this.#taken = [];
    return seen.length;
  }
  result(which: number): number {
    return this.#results[which] as number;
  }
}

const scene = (ring: Ring | null = null, kernel = ring?.kernel ?? new Kernel()) => {
  const sends = new TurnSends(kernel.calls, ring as CallRing | null);
  return { kernel, sends, a: new Sender(sends, 1), b: new Sender(sends, 2) };
};

test("what is sent in a turn goes at its end, in order; bytes of one sender that follow each other in one call", () => {
  const { kernel, sends, a, b } = scene();
  expect(a.send("nobody's turn")).toBe(false);
  sends.begin();
  expect([a.send("one "), a.send("two"), b.send("three")]).toEqual([true, true, true]);
  expect(kernel.seen).toEqual([]);
  sends.end();
  sends.sendAll();
  expect(kernel.seen).toEqual(["1: one two", "2: three"]);
  expect([a.ends, b.ends]).toEqual([["all"], ["all"]]);
  sends.begin();
  sends.end();
  sends.sendAll();
  expect(kernel.seen.length).toBe(2);
});

test.each([[null], [new Ring(new Kernel())]])("what a sender ends with goes with its end", (ring) => {
  const { kernel, sends, a, b } = scene(ring);
  sends.begin();
  a.send("last");
  b.send("first");
  a.isEnding = true;
  sends.end();
  sends.sendAll();
  expect(kernel.seen.slice(ring === null ? 0 : 1)).toEqual(["1: last, and its end", "2: first"]);
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
  sends.sendAll();
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
  sends.sendAll();
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
  sends.sendAll();
  expect(kernel.seen).toEqual(wanted);
});

test("several go by a ring where there is one, one by itself, and none twice", () => {
  const ring = new Ring(new Kernel());
  const { kernel, sends, a, b } = scene(ring);
  const c = new Sender(sends, 3);
  sends.begin();
  a.send("alone");
  sends.end();
  sends.sendAll();
  expect(kernel.seen.splice(0)).toEqual(["1: alone"]);
  sends.begin();
  a.send("at once");
  b.send("two");
  c.send("three");
  sends.send(a.place);
  expect(kernel.seen.splice(0)).toEqual(["1: at once"]);
  sends.end();
  sends.sendAll();
  expect(kernel.seen.splice(0)).toEqual(["ring of 2", "2: two", "3: three"]);
  expect([a.ends, b.ends, c.ends]).toEqual([["all", "all"], ["all"], ["all"]]);
  sends.begin();
  sends.end();
  sends.sendAll();
  expect(kernel.seen).toEqual([]);
});

test("what a ring has not looked at goes by itself, and what of the others was not taken is given back", () => {
  const ring = new Ring(new Kernel());
  ring.most = 2;
  const { kernel, sends } = scene(ring);
  const all = [1, 2, 3, 4].map((fd) => new Sender(sends, fd));
  kernel.room = 2;
  sends.begin();
  for (const one of all) one.send(`of ${one.fd}`);
  sends.end();
  sends.sendAll();
  expect(kernel.seen).toEqual(["ring of 4", "1: of", "2: of", "3: of", "4: of"]);
  expect(all.map(({ ends }) => ends)).toEqual([[" 1 0"], [" 2 0"], [" 3 0"], [" 4 0"]]);
  kernel.room = -EAGAIN;
  sends.begin();
  for (const one of all) one.send("later");
  sends.end();
  sends.sendAll();
  expect(all.map(({ ends }) => ends.at(-1))).toEqual(all.map(() => `later ${EAGAIN}`));
});

test("a long turn gives a ring no more at a time than it has room for", () => {
  const ring = new Ring(new Kernel());
  const { kernel, sends } = scene(ring);
  sends.begin();
  for (let at = 0; at < 200; at++) expect(new Sender(sends, at).send(`${at}`)).toBe(true);
  sends.end();
  sends.sendAll();
  const rings = kernel.seen.filter((line) => line.startsWith("ring"));
  expect(rings).toEqual([...Array.from({ length: 3 }, () => `ring of ${mostSends}`), "ring of 8"]);
  expect(kernel.seen.filter((line) => !rings.includes(line))).toEqual(
    Array.from({ length: 200 }, (_, at) => `${at}: ${at}`),
  );
});
