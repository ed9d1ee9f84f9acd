/** Calls by io_uring, over sockets of the kernel's own. */
import { ptr } from "bun:ffi";
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { EPOLLIN, epollEventInts, loadEpollCalls } from "../../../../src/net/libc/epoll-calls.ts";
import { openCallRing, type CallRing } from "../../../../src/net/libc/call-ring.ts";
import type { SocketAddress } from "../../../../src/address.ts";
import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
  type SocketCalls,
  socketCalls,
} from "../../../../src/net/libc/socket-calls.ts";

const EAFNOSUPPORT = 97;
const ENOPROTOOPT = 92;
const EAGAIN = 11;
const EBADF = 9;
const EPIPE = 32;
/** As SO_SNDBUF, beyond what the system allows; for root alone. */
const SO_SNDBUFFORCE = 32;

const calls = socketCalls();
const granted = calls === null ? null : openCallRing(calls, 4);
granted?.close();
if (granted === null) console.warn("SKIPPED: this system grants no io_uring");

/** A ring of so many entries, and pairs of sockets that are closed with it. */
class Scene implements Disposable {
  readonly calls = calls as SocketCalls;
  readonly ring: CallRing;
  readonly #bytes = Buffer.from(new ArrayBuffer(1 << 20));
  readonly #into = Buffer.from(new ArrayBuffer(1 << 21));
  readonly #address = ptr(this.#bytes);
  readonly #open: number[] = [];
  #at = 0;

  constructor(entries: number) {
    const ring = openCallRing(this.calls, entries);
    if (ring === null) throw new Error("no ring");
    this.ring = ring;
  }

  pair(): readonly [number, number] {
    const pair = this.calls.pair(SOCK_STREAM);
    if (typeof pair === "number") throw new Error("no pair");
    this.#open.push(...pair);
    return pair;
  }

  /** Both ends of a connection over TCP. */
  async connected(): Promise<readonly [number, number]> {
    const { calls } = this;
    const [listener, one] = [calls.socket(AF_INET, SOCK_STREAM), calls.socket(AF_INET, SOCK_STREAM)];
    this.#open.push(listener, one);
    calls.bind(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
    calls.listen(listener, 1);
    calls.connect(one, calls.localAddress(listener) as SocketAddress);
    let other = calls.accept(listener);
    for (let left = 1000; other < 0 && left > 0; left--) {
      await Bun.sleep(1);
      other = calls.accept(listener);
    }
    this.#open.push(other);
    return [one, other];
  }

  add(fd: number, text: string, endFollows = false): void {
    const length = this.#bytes.write(text, this.#at, "latin1");
    this.ring.send(fd, this.#address + this.#at, length, endFollows);
    this.#at += length;
  }

  /** So many bytes to receive into, which `read` tells. */
  memory(bytes: number): number {
    return ptr(this.#into.subarray(0, bytes));
  }

  read(length: number): string {
    return this.#into.toString("latin1", 0, length);
  }

  submit(): number {
    this.#at = 0;
    return this.ring.submit();
  }

  taken(fd: number): string {
    const size = this.calls.recv(fd, this.#into);
    return size < 0 ? "" : this.#into.toString("latin1", 0, size);
  }

  close(fd: number): void {
    this.#open.splice(this.#open.indexOf(fd), 1);
    this.calls.close(fd);
  }

  [Symbol.dispose](): void {
    this.ring.close();
    for (const fd of this.#open) this.calls.close(fd);
  }
}

test.skipIf(granted === null)("what is taken goes in one call, in order, however often the ring has gone round", () => {
  using scene = new Scene(8);
  const pairs = Array.from({ length: 3 }, () => scene.pair());
  for (let round = 0; round < 100; round++) {
    const count = 1 + (round % 8);
    const wanted = ["", "", ""];
    for (let which = 0; which < count; which++) {
      const text = `${round}.${which} `.repeat(1 + which);
      wanted[which % 3] += text;
      scene.add((pairs[which % 3] as readonly [number, number])[0], text);
    }
    expect(pairs.map(([, other]) => scene.taken(other))).toEqual(["", "", ""]);
    expect(scene.submit()).toBe(count);
    expect(pairs.map(([, other]) => scene.taken(other))).toEqual(wanted);
    for (let which = 0; which < count; which++)
      expect(scene.ring.result(which)).toBe(`${round}.${which} `.repeat(1 + which).length);
  }
});

test.skipIf(granted === null)(
  "of each it is told what came of it; one that fails keeps none behind it from going",
  () => {
    using scene = new Scene(8);
    const [full, unread] = scene.pair();
    const [gone, closed] = scene.pair();
    const [fine, there] = scene.pair();
    scene.close(closed);
    const much = "x".repeat(900_000);
    scene.add(full, much);
    scene.add(fine, "one ");
    expect(scene.submit()).toBe(2);
    const part = scene.ring.result(0);
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(much.length);
    for (const [fd, text] of [
      [full, "more"],
      [gone, "lost"],
      [1_000_000, "nowhere"],
      [fine, "two"],
    ] as const)
      scene.add(fd, text);
    expect(scene.submit()).toBe(4);
    expect([0, 1, 2, 3].map((which) => scene.ring.result(which))).toEqual([-EAGAIN, -EPIPE, -EBADF, 3]);
    expect(scene.taken(there)).toBe("one two");
    expect(scene.taken(unread)).toBe(much.slice(0, part));
  },
);

test.skipIf(granted === null)(
  "what the end follows is there with it, not before, and nothing else waits for an end",
  async () => {
    using scene = new Scene(1);
    const [one, other] = await scene.connected();
    const [next, there] = await scene.connected();
    scene.add(one, "last", true);
    expect([scene.submit(), scene.ring.result(0)]).toEqual([1, 4]);
    expect(scene.taken(other)).toBe("");
    scene.add(next, "first");
    scene.submit();
    expect(scene.taken(there)).toBe("first");
    scene.calls.shutdownWrite(one);
    expect(scene.taken(other)).toBe("last");
  },
);

test.skipIf(granted === null)("what the kernel has not looked at is not sent, then or later", () => {
  using scene = new Scene(4);
  const [one, other] = scene.pair();
  scene.add(one, "first");
  expect(scene.submit()).toBe(1);
  scene.ring.close();
  scene.add(one, "second");
  expect(scene.submit()).toBe(0);
  expect(scene.taken(other)).toBe("first");
});

test.skipIf(calls === null)("where there can be none there is none, and nothing stays open", () => {
  const libc = calls as SocketCalls;
  const free = (): number => {
    const fd = libc.socket(1, 1);
    libc.close(fd);
    return fd;
  };
  const before = free();
  // More entries than the kernel has rings of; no sockets to try it with; sockets that bring nothing.
  expect(openCallRing(libc, 1 << 20)).toBeNull();
  expect(openCallRing({ ...libc, pair: () => -24 }, 8)).toBeNull();
  expect(openCallRing({ ...libc, hasUnread: () => false }, 8)).toBeNull();
  expect(free()).toBe(before);
});

test.skipIf(granted === null)("it is proved also where the system has sockets hold much", () => {
  const libc = calls as SocketCalls;
  const pair: SocketCalls["pair"] = (kind) => {
    const made = libc.pair(kind);
    if (typeof made !== "number") libc.setOption(made[0], SOL_SOCKET, SO_SNDBUFFORCE, 16 << 20);
    return made;
  };
  const ring = openCallRing({ ...libc, pair }, 8);
  expect(ring).not.toBeNull();
  ring?.close();
});

test.skipIf(granted?.doesAll !== true)(
  "sockets are opened, set, watched, read and closed by it as by their calls",
  async () => {
    using scene = new Scene(16);
    const { calls, ring } = scene;
    ring.socket(AF_INET, SOCK_STREAM);
    ring.socket(99, SOCK_STREAM);
    expect(ring.submit()).toBe(2);
    const [fd, none] = [ring.result(0), ring.result(1)];
    expect([fd >= 0, none]).toEqual([true, -EAFNOSUPPORT]);
    expect(calls.getOption(fd, IPPROTO_TCP, TCP_NODELAY)).toBe(0);
    const flags = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    expect(flags).toMatch(/^flags:\s+02004002$/m);
    const [one, other] = await scene.connected();
    const epolls = loadEpollCalls();
    const epoll = epolls.create();
    const events = new Int32Array(new ArrayBuffer(4 * epollEventInts * 4));
    const address = scene.memory(64);
    calls.send(other, Buffer.from("there"));
    const which = [
      ring.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1),
      ring.setOption(one, IPPROTO_TCP, 9999, 1),
      ring.watch(epoll, one, EPOLLIN, 7, -3),
      ring.watch(epoll, 1_000_000, EPOLLIN, 8, 4),
      ring.receive(one, address, 3),
      ring.receive(one, address + 3, 61),
      ring.receive(one, address, 64),
      ring.closeOne(fd),
      ring.closeOne(1_000_000),
    ];
    expect(which).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ring.submit()).toBe(9);
    expect(which.map((one) => ring.result(one))).toEqual([0, -ENOPROTOOPT, 0, -EBADF, 3, 2, -EAGAIN, 0, -EBADF]);
    expect(scene.read(5)).toBe("there");
    expect(calls.getOption(fd, IPPROTO_TCP, TCP_NODELAY)).toBe(-EBADF);
    calls.shutdownWrite(other);
    expect(epolls.wait(epoll, events, 1000)).toBe(1);
    expect([...events.subarray(0, epollEventInts)].filter((word) => word !== 0)).toEqual([EPOLLIN, 7, -3]);
    ring.receive(one, address, 64);
    expect([ring.submit(), ring.result(0)]).toEqual([1, 0]);
    calls.close(epoll);
  },
);

test.skipIf(granted?.accepts !== true)("whoever waits is accepted by it, and nobody is waited for", async () => {
  using scene = new Scene(8);
  const { calls, ring } = scene;
  const listener = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
  calls.listen(listener, 8);
  const near = Array.from({ length: 3 }, () => {
    const fd = calls.socket(AF_INET, SOCK_STREAM);
    calls.connect(fd, calls.localAddress(listener) as SocketAddress);
    return fd;
  });
  for (let count = 0; count < 5; count++) ring.accept(listener);
  expect(ring.submit()).toBe(5);
  const far = [0, 1, 2].map((which) => ring.result(which));
  expect(far.every((fd) => fd >= 0)).toBe(true);
  expect([ring.result(3), ring.result(4)]).toEqual([-EAGAIN, -EAGAIN]);
  expect([0, 1, 2].map((which) => ring.acceptedAddress(which))).toEqual(near.map((fd) => calls.localAddress(fd)));
  for (const fd of far) expect(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")).toMatch(/^flags:\s+02004002$/m);
  for (const fd of [listener, ...near, ...far]) calls.close(fd);
});
