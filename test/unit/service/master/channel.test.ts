/** The channel between master and worker: messages whole and in order, descriptors that arrive once and never leak. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { canCallLibc, openDescriptorCount } from "../../../../src/net/libc/process-calls.ts";
import { loadMessageCalls, packetBytes } from "../../../../src/net/libc/descriptor-messages.ts";
import { SOCK_SEQPACKET, SOCK_STREAM, socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { Channel, type ChannelSystem, type ChannelHandler } from "../../../../src/service/master/channel.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: descriptors are handed over on Linux with FFI only");

async function system(): Promise<ChannelSystem> {
  const calls = socketCalls();
  if (calls === null) throw new Error("no libc");
  return { calls, messages: loadMessageCalls(), loop: await openEpollLoop() };
}

function pair({ calls }: ChannelSystem): readonly [number, number] {
  const two = calls.pair(SOCK_SEQPACKET);
  if (typeof two === "number") throw new Error(`socketpair: ${-two}`);
  return two;
}

/** A handler that keeps what it hears; `next` waits for so many messages, `end` for the end. */
function handler() {
  const heard: { message: unknown; fds: readonly number[] }[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const ended = Promise.withResolvers<string>();
  const self: ChannelHandler = {
    heard(message, fds) {
      heard.push({ message, fds });
      for (const one of waiting) if (heard.length >= one.count) one.resolve();
    },
    ended: (reason) => ended.resolve(reason),
  };
  const next = (count: number): Promise<void> =>
    new Promise((resolve) => (heard.length >= count ? resolve() : waiting.push({ count, resolve })));
  return { ...self, all: heard, next, end: ended.promise };
}

const deaf: ChannelHandler = { heard: () => {}, ended: () => {} };

test.skipIf(!isPossible)("messages of every length come whole and in order, both ways", async () => {
  const all = await system();
  const [one, other] = pair(all);
  const [here, there] = [handler(), handler()];
  const [a, b] = [new Channel(all, one, here), new Channel(all, other, there)];
  const sizes = [0, 1, packetBytes - 20, packetBytes - 2, packetBytes, 3 * packetBytes, 4_000_000];
  const sent = sizes.map((size, at) => ({ at, text: "é".repeat(size >> 1) }));
  for (const message of sent) await Promise.all([a.send(message), b.send(message)]);
  await Promise.all([here.next(sizes.length), there.next(sizes.length)]);
  for (const side of [here, there]) expect(side.all.map((one) => one.message)).toEqual(sent);
  a.close();
  expect(await there.end).toBe("the other side has gone");
  b.close();
});

test.skipIf(!isPossible)("descriptors come with their message, close-on-exec, and work", async () => {
  const all = await system();
  const before = openDescriptorCount();
  const [one, other] = pair(all);
  const there = handler();
  const a = new Channel(all, one, deaf);
  void new Channel(all, other, there);
  const pipe = all.calls.pair(SOCK_STREAM) as [number, number];
  await a.send({ kind: "none" });
  await a.send({ kind: "one", long: "x".repeat(200_000) }, [pipe[0]]);
  await there.next(2);
  expect(there.all.map(({ fds }) => fds.length)).toEqual([0, 1]);
  const [fd = -1] = there.all[1]?.fds ?? [];
  writeSync(fd, "bytes");
  const bytes = new Uint8Array(8);
  expect(readSync(pipe[1], bytes, 0, 8, null)).toBe(5);
  const flags = /^flags:\s+(\d+)/m.exec(await Bun.file(`/proc/self/fdinfo/${fd}`).text())?.[1] ?? "0";
  expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000);
  for (const open of [fd, pipe[1]]) closeSync(open);
  a.close();
  await there.end;
  expect(openDescriptorCount()).toBe(before);
});

function text(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value, "latin1"));
}

test.skipIf(!isPossible)("what makes no sense ends the channel, and no descriptor stays", async () => {
  const all = await system();
  const before = openDescriptorCount();
  const bad: readonly (readonly [Uint8Array, number])[] = [
    [text("\x01{"), 1],
    [text("\x07{}"), 2],
    [text("\x00{}"), 8],
    [text("\x01\xff"), 1],
  ];
  for (const [bytes, count] of bad) {
    const [one, other] = pair(all);
    const there = handler();
    const channel = new Channel(all, other, there);
    const fds = Array.from({ length: count }, () => openSync("/dev/null", "r"));
    // Twice, so that parts which never end bring more descriptors than there may be.
    for (let times = 0; times < 2; times++) all.messages.send(one, bytes, fds);
    for (const fd of fds) closeSync(fd);
    expect(await there.end).toMatch(/no sense/);
    expect({ open: channel.isOpen, heard: there.all }).toEqual({ open: false, heard: [] });
    all.calls.close(one);
  }
  expect(openDescriptorCount()).toBe(before);
});

test.skipIf(!isPossible)("whoever does not read costs a bound, and then only the end", async () => {
  const all = await system();
  const before = openDescriptorCount();
  const [one, other] = pair(all);
  const here = handler();
  const channel = new Channel(all, one, here);
  let sent = 0;
  const sending = (async () => {
    while (channel.isOpen) {
      await channel.send({ text: "x".repeat(50_000) }, [openSync("/dev/null", "r")]);
      sent += 1;
    }
  })();
  await Bun.sleep(0);
  const stuckAt = sent;
  await Bun.sleep(0);
  expect({ sent, isStuck: sent < 40 }).toEqual({ sent: stuckAt, isStuck: true });
  all.calls.close(other);
  expect(await here.end).toBe("the other side has gone");
  await sending;
  expect(openDescriptorCount()).toBe(before);
});

test.skipIf(!isPossible)(
  "what was said last is heard, although the one who said it has not heard everything",
  async () => {
    const all = await system();
    for (const isSendingMeanwhile of [false, true]) {
      const [one, other] = pair(all);
      const here = handler();
      const channel = new Channel(all, one, here);
      await channel.send({ unheard: 1 });
      for (let at = 0; at < 20; at++) all.messages.send(other, text(`\x01{"at":${at}}`), []);
      all.calls.close(other);
      if (isSendingMeanwhile) await channel.send({ unheard: 2 });
      expect(await here.end).toBe("the other side has gone");
      expect(here.all.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, at) => ({ at })));
    }
  },
);
