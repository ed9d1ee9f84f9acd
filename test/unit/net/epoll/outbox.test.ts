import { afterEach, expect, test } from "bun:test";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { Outbox } from "../../../../src/net/epoll/outbox.ts";
import { TurnSends } from "../../../../src/net/epoll/turn/turn-sends.ts";
import { SOCK_STREAM, socketCalls } from "../../../../src/net/libc/socket-calls.ts";

const system = socketCalls();
const open = new Set<number>();
afterEach(() => {
  for (const fd of open) system?.close(fd);
  open.clear();
});

/** An outbox over a real socket, whose other end `read` reads. */
function scene() {
  if (system === null) throw new Error("needs libc");
  const calls = system;
  const pair = calls.pair(SOCK_STREAM);
  if (typeof pair === "number") throw new Error("socketpair failed");
  for (const fd of pair) open.add(fd);
  const sends = new TurnSends(calls, null);
  const failed: number[] = [];
  const context = { calls, loop: { ends: { sends } } } as unknown as EpollContext;
  const sending = { context, fd: pair[0], isTcp: false, failLater: (errno: number) => void failed.push(errno) };
  const buffer = new Uint8Array(new ArrayBuffer(1 << 20));
  const read = (): string => {
    const count = calls.recv(pair[1], buffer);
    return count < 0 ? "" : Buffer.from(buffer.subarray(0, count)).toString();
  };
  const outbox = new Outbox(sending);
  const send = (text: string, endFollows = false): boolean => {
    const bytes = Buffer.from(text);
    return outbox.send(bytes, bytes.length, endFollows);
  };
  return { calls, pair, sends, failed, read, outbox, send };
}

test.skipIf(system === null)("outside of a turn bytes go at once, within one at its end, and always in order", () => {
  const { sends, read, outbox, send } = scene();
  send("at once");
  expect(read()).toBe("at once");
  sends.begin();
  expect(send("a")).toBe(true);
  expect(read()).toBe("");
  send("b".repeat(5000));
  expect(read()).toBe(`a${"b".repeat(5000)}`);
  send("c");
  send("d", true);
  expect(read()).toBe("");
  outbox.sendWaiting();
  expect(read()).toBe("cd");
  send("f");
  sends.end();
  sends.sendAll();
  expect(read()).toBe("f");
});

test.skipIf(system === null)("a sender hears of room only if it was told that there was none", () => {
  const { sends, read, outbox, send } = scene();
  const told: boolean[] = [];
  let wanted = "";
  // Until the kernel takes no more: of that nobody who sends in a turn is told.
  for (let at = 0; !outbox.isFull; at++) {
    const text = String(at % 10).repeat(4096);
    wanted += text;
    sends.begin();
    told.push(send(text));
    sends.end();
    sends.sendAll();
  }
  expect(told).not.toContain(false);
  let came = read();
  while (outbox.isFull) {
    expect(outbox.drain()).toBe(false);
    came += read();
  }
  for (let more = read(); more !== ""; more = read()) came += more;
  expect(came === wanted).toBe(true);
  while (send("x".repeat(4096)));
  expect(send("behind")).toBe(false);
  came = read();
  const heard = outbox.drain();
  expect(heard).toBe(true);
  for (let more = read(); more !== ""; more = read()) came += more;
  expect(came.endsWith("xbehind")).toBe(true);
});

test.skipIf(system === null)("that a peer is gone is told later, once for what waited", () => {
  const { calls, pair, sends, failed, outbox, send } = scene();
  calls.close(pair[1]);
  open.delete(pair[1]);
  sends.begin();
  expect(send("lost")).toBe(true);
  sends.end();
  sends.sendAll();
  expect(failed).toEqual([32]);
  expect(outbox.isFull).toBe(true);
  expect(send("more")).toBe(false);
});

test.skipIf(system === null)("the end waits for what waits, and for what the kernel did not take", () => {
  const { calls, pair, sends, outbox, send, read } = scene();
  const isEnded = (): boolean => calls.recv(pair[1], new Uint8Array(new ArrayBuffer(1 << 20))) === 0;
  sends.begin();
  // Until the kernel takes no more, which a turn's sender is not told.
  let sent = 0;
  for (; !outbox.isFull; sent += 4096) {
    send("x".repeat(4096), true);
    outbox.sendWaiting();
  }
  outbox.end();
  sends.end();
  sends.sendAll();
  let came = 0;
  while (outbox.isFull) {
    came += read().length;
    outbox.drain();
  }
  for (let more = read(); more !== ""; more = read()) came += more.length;
  expect(came).toBe(sent);
  expect(isEnded()).toBe(true);

  const next = scene();
  next.sends.begin();
  next.send("last", true);
  next.outbox.end();
  expect(next.read()).toBe("");
  expect(next.calls.hasUnread(next.pair[1])).toBe(false);
  next.sends.end();
  next.sends.sendAll();
  expect(next.read()).toBe("last");
  expect(next.calls.recv(next.pair[1], new Uint8Array(new ArrayBuffer(1)))).toBe(0);
});
