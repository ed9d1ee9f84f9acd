/** A peer that says something and is gone while more is sent to it: what it said is heard before its loss, whoever meets that first. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import {
  AF_INET,
  SO_RCVBUF,
  SOCK_STREAM,
  socketCalls,
  SOL_SOCKET,
  type SocketCalls,
} from "../../../../src/net/libc/socket-calls.ts";
import type { Connection, Relayed, Stream, StreamOwner, Transport } from "../../../../src/net/transport.ts";
import { movers } from "../../../contract/movers.ts";
import { connectDefaults, Door, noLimits } from "../../../contract/stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const EAGAIN = 11;
const home = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); await Bun.sleep(1)) {
    if (performance.now() > end) throw new Error("it never comes");
  }
}

async function accepted(calls: SocketCalls, listener: number): Promise<number> {
  let fd = -1;
  await until(() => (fd = calls.accept(listener)) >= 0);
  return fd;
}

function listening(calls: SocketCalls): number {
  const fd = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(fd, home);
  calls.listen(fd, 1);
  return fd;
}

/** What an owner hears, in order. */
class Ear implements StreamOwner {
  readonly heard: string[] = [];

  constructor(readonly hearsOut: boolean) {}

  data(_: Stream, buffer: Uint8Array, length: number): boolean {
    this.heard.push(Buffer.from(buffer.subarray(0, length)).toString("latin1"));
    return true;
  }

  drained(): void {}

  end(): void {
    this.heard.push("end");
  }

  closed(_: Stream, code: string | null): void {
    this.heard.push(`closed ${code}`);
  }
}

/** A connection of the transport's, and the peer's descriptor. */
async function joined(hearsOut = true): Promise<{ near: Connection; peer: number; calls: SocketCalls; ear: Ear }> {
  const calls = socketCalls() as SocketCalls;
  const transport = await openEpollTransport();
  const listener = listening(calls);
  const address = calls.localAddress(listener);
  if (address === null) throw new Error("no address");
  const near = await transport.connect({ ...connectDefaults, address }).done;
  const peer = await accepted(calls, listener);
  calls.close(listener);
  const ear = new Ear(hearsOut);
  near.owner = ear;
  return { near, peer, calls, ear };
}

/** The peer has yet to read what came, so that its end is a reset. */
function sayAndGo({ calls, peer }: { readonly calls: SocketCalls; readonly peer: number }, text: string): void {
  calls.send(peer, bytes(text));
  calls.close(peer);
}

test.skipIf(!isPossible)("a send meets the loss first", async () => {
  const all = await joined();
  const { near, ear } = all;
  near.resume();
  near.send(bytes("question"), 8);
  sayAndGo(all, "answer");
  expect(near.send(bytes("more"), 4)).toBe(false);
  expect(near.send(bytes("and more"), 8)).toBe(false);
  await until(() => near.closed);
  expect(ear.heard).toEqual(["answer", "closed ECONNRESET"]);
});

test.skipIf(!isPossible)("what waits to be sent meets the loss first", async () => {
  const all = await joined();
  const { near, ear } = all;
  near.resume();
  expect(near.send(new Uint8Array(32 << 20), 32 << 20)).toBe(false);
  sayAndGo(all, "answer");
  await until(() => near.closed);
  expect(ear.heard).toEqual(["answer", "closed ECONNRESET"]);
});

test.skipIf(!isPossible)("an owner that has paused hears it out once it reads again", async () => {
  const all = await joined();
  const { near, ear } = all;
  near.pause();
  near.send(bytes("question"), 8);
  sayAndGo(all, "answer");
  await Bun.sleep(50);
  expect([near.closed, ear.heard]).toEqual([false, []]);
  near.resume();
  await until(() => near.closed);
  expect(ear.heard).toEqual(["answer", "closed ECONNRESET"]);
});

for (const [what, hearsOut, answer] of [
  ["where nothing was said", true, ""],
  ["whose owner does not want to hear it out", false, "answer"],
] as const)
  test.skipIf(!isPossible)(`one that has paused is told at once ${what}`, async () => {
    const all = await joined(hearsOut);
    const { near, ear } = all;
    near.pause();
    near.send(bytes("question"), 8);
    sayAndGo(all, answer);
    await until(() => near.closed);
    expect(ear.heard).toEqual(["closed ECONNRESET"]);
  });

/** Bytes that a socket has sent and the peer's kernel has not confirmed (proc(5), tcp). */
function unconfirmed(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const line = new RegExp(`^ *\\d+: 0100007F:${hex} \\S+ 01 ([0-9A-F]{8}):`, "m");
  return parseInt(line.exec(readFileSync("/proc/net/tcp", "latin1"))?.[1] ?? "0", 16);
}

for (const { transport } of isPossible ? await movers() : [])
  test(`a slow client gets all that its server said before the reset (${transport.name})`, () =>
    sayMuchAndGo(transport));

async function sayMuchAndGo(transport: Transport): Promise<void> {
  const calls = socketCalls() as SocketCalls;
  const door = await Door.open(transport);
  const client = calls.socket(AF_INET, SOCK_STREAM);
  calls.setOption(client, SOL_SOCKET, SO_RCVBUF, 4096);
  calls.connect(client, door.listener.address);
  const listener = listening(calls);
  const address = calls.localAddress(listener);
  if (address === null) throw new Error("no address");
  const buffers = { receiveBytes: 4 << 20, sendBytes: 0, unsentBytes: 0 };
  const connecting = transport.connect({ ...connectDefaults, address, buffers });
  const [near, far] = await Promise.all([door.next(), connecting.done]);
  const server = await accepted(calls, listener);
  const relay = transport.relay(near, far, noLimits);
  calls.send(client, bytes("question"));
  await until(() => relay.counts().bytesIn === 8);
  // So much that all of the way is full, and some is still to be read by the relay.
  const chunk = new Uint8Array(64 << 10).fill(97);
  let [sent, taken] = [0, -1];
  await until(() => {
    if (taken === relay.counts().bytesOut && taken > 0 && sent > taken + 2 * chunk.length) return true;
    taken = relay.counts().bytesOut;
    sent += Math.max(0, calls.send(server, chunk));
    return false;
  });
  const port = address.kind === "tcp" ? address.port : 0;
  await until(() => unconfirmed(port) === 0);
  calls.close(server);
  const buffer = new Uint8Array(new ArrayBuffer(64 << 10));
  let [got, last] = [0, -EAGAIN];
  await until(() => {
    while ((last = calls.recv(client, buffer)) > 0) got += last;
    return last !== -EAGAIN;
  });
  expect([got, last]).toEqual([sent, -104]);
  const relayed = await new Promise<Relayed>((resolve) => relay.whenEnded({ relayed: resolve }));
  expect(relayed).toEqual({ by: "server", how: "reset", bytesIn: 8, bytesOut: sent });
  for (const fd of [client, listener]) calls.close(fd);
  door.listener.close();
}

test.skipIf(!isPossible)("what waits for the turn's end and finds no room keeps the descriptor here", async () => {
  const { near, peer, calls } = await joined();
  const { ends } = await openEpollLoop();
  while (calls.send(near.fd, new Uint8Array(64 << 10)) > 0);
  ends.begin();
  expect([near.send(bytes("small"), 5), near.isFull]).toEqual([true, false]);
  expect([near.mayDetach?.(), near.isFull]).toEqual([false, true]);
  ends.end();
  calls.close(peer);
  near.reset();
});
