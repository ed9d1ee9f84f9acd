/** Bytes whose end is known to follow go out with its FIN: one packet, and nobody woken twice. What waits for a turn's end goes before whatever is done in it. */
import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { EpollConnection } from "../../../../src/net/epoll/epoll-connection.ts";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { type EpollLoop, openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { lowWaterIn } from "../../../../src/net/epoll/epoll-low-water.ts";
import { roomToRead } from "../../../../src/net/epoll/read-buffer.ts";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_STREAM,
  type SocketCalls,
  socketCalls,
  TCP_NODELAY,
} from "../../../../src/net/libc/socket-calls.ts";
import { lowWaterRule } from "../../../../src/net/relay/stretch.ts";
import type { RelayLimits } from "../../../../src/net/transport.ts";
import { connectDefaults, Door, noLimits } from "../../../contract/stage.ts";
import { accepted, connected, EAGAIN, ECONNRESET, home, read, word } from "./connected.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const ENOSPC = 28;

test.skipIf(!isPossible)("what is sent with more to follow is there with the end, not before", async () => {
  const calls = socketCalls()!;
  const { one, other, all } = await connected(calls);
  const buffer = new Uint8Array(new ArrayBuffer(64));
  expect(calls.sendMore(one, word, word.length)).toBe(3);
  expect(calls.recv(other, buffer)).toBe(-EAGAIN);
  calls.shutdownWrite(one);
  expect(await read(calls, other)).toBe("bye.");
  for (const fd of all) calls.close(fd);
});

/** A server whose last word and end come in one packet; how often bytes were left to go with an end, and what the client got. */
async function lastWord(limits: Partial<RelayLimits>): Promise<{ joined: number; got: string }> {
  const calls = socketCalls()!;
  const transport = await openEpollTransport();
  const door = await Door.open(transport);
  const listener = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listener, home);
  calls.listen(listener, 1);
  const client = calls.socket(AF_INET, SOCK_STREAM);
  calls.connect(client, door.listener.address);
  const address = calls.localAddress(listener)!;
  const connecting = transport.connect({ ...connectDefaults, address });
  const [near, far] = await Promise.all([door.next(), connecting.done]);
  const server = await accepted(calls, listener);
  const relay = transport.relay(near, far, { ...noLimits, splice: { request: false, response: false }, ...limits });
  calls.sendMore(server, word, word.length);
  const asked = spyOn(calls, "sendAt");
  calls.shutdownWrite(server);
  const got = await read(calls, client);
  const joined = asked.mock.calls.filter(([, , , endFollows]) => endFollows).length;
  asked.mockRestore();
  calls.close(client);
  await new Promise((resolve) => relay.whenEnded({ relayed: resolve }));
  for (const fd of [server, listener]) calls.close(fd);
  door.listener.close();
  return { joined, got };
}

test.skipIf(!isPossible)("a server's last word goes to the client with its end", async () => {
  expect(await lastWord({})).toEqual({ joined: 1, got: "bye." });
});

test.skipIf(!isPossible)("also where a reset may follow, which then comes behind the end", async () => {
  expect(await lastWord({ clientNoLinger: true })).toEqual({ joined: 1, got: "bye." });
  expect(await lastWord({ serverNoLinger: true })).toEqual({ joined: 1, got: "bye." });
});

/** What is done behind bytes in the turn that they were sent in, and what the other end sees of it. */
const ways: Record<string, readonly [string, (connection: EpollConnection, calls: SocketCalls) => void]> = {
  shutdown: ["bye.", (connection) => connection.shutdown()],
  close: ["bye.", (connection) => connection.close()],
  "a last word": ["byebye.", (connection) => connection.closeWith(word, 100)],
  reset: ["bye errno 104", (connection) => connection.reset()],
  // Without the right to hide its end it is a reset.
  drop: ["bye", (connection) => connection.drop()],
  "handing the descriptor over": [
    "byebye.",
    (connection, calls) => {
      const fd = connection.detach();
      calls.send(fd, word);
      calls.close(fd);
    },
  ],
};

for (const [name, [wanted, way]] of Object.entries(ways)) {
  test.skipIf(!isPossible)(`bytes of a turn go before ${name}`, async () => {
    const calls = socketCalls()!;
    const loop = await openEpollLoop();
    const { one, other, all } = await connected(calls);
    const connection = new EpollConnection(contextOf(calls, loop), one, -1, home, null);
    loop.ends.begin();
    connection.send(word, word.length);
    way(connection, calls);
    loop.ends.end();
    expect((await read(calls, other)).slice(0, wanted.length)).toBe(wanted);
    calls.close(other);
    calls.close(all[0]!);
  });
}

/** What is done in a turn behind bytes that the kernel has no room for, and how the other end then sees it end. */
const lastWays: Record<string, readonly [number, (connection: EpollConnection) => void]> = {
  "a close": [0, (connection) => connection.close()],
  "a shutdown": [0, (connection) => connection.shutdown()],
  "both ends' end, which nobody waits behind": [
    -ECONNRESET,
    (connection) => {
      connection.shutdown();
      connection.hangUp();
    },
  ],
};

test.skipIf(!isPossible).each(Object.entries(lastWays))(
  "what the kernel has no room for at a turn's end is not cut off clean by %s in it",
  async (_name, [end, way]) => {
    const calls = socketCalls()!;
    const loop = await openEpollLoop();
    const { one, other, all } = await connected(calls);
    const connection = new EpollConnection(contextOf(calls, loop), one, -1, home, null);
    const block = new Uint8Array(65_536);
    let sent = 0;
    while (calls.send(one, block) > 0);
    // The kernel may have taken a part of the last one only.
    loop.ends.begin();
    connection.send(word, word.length);
    way(connection);
    loop.ends.end();
    const buffer = new Uint8Array(new ArrayBuffer(1 << 20));
    let last = "";
    let seen: number | null = null;
    for (let left = 2000; left > 0; left--) {
      const count = calls.recv(other, buffer);
      if (count === 0 || count === -ECONNRESET) {
        seen = count;
        break;
      }
      if (count > 0) {
        sent += count;
        last = Buffer.from(buffer.subarray(Math.max(0, count - 3), count)).toString();
      } else await Bun.sleep(1);
    }
    expect(seen).toBe(end);
    if (end === 0) expect({ last, isMuch: sent > 100_000 }).toEqual({ last: "bye", isMuch: true });
    calls.close(other);
    calls.close(all[0]!);
  },
);

test.skipIf(!isPossible)("a descriptor that is handed over waits with nothing any more", async () => {
  const calls = socketCalls()!;
  const loop = await openEpollLoop();
  const { one, other, all } = await connected(calls);
  const connection = new EpollConnection(contextOf(calls, loop), one, -1, home, null);
  connection.out.isPrompt = false;
  expect(calls.getOption(one, IPPROTO_TCP, TCP_NODELAY)).toBe(0);
  expect(connection.detach()).toBe(one);
  expect(calls.getOption(one, IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
  for (const fd of [one, other, all[0]!]) calls.close(fd);
});

test.skipIf(!isPossible)("one that the loop has no room for is lost, and told so once it has been made", async () => {
  const calls = socketCalls()!;
  const loop = await openEpollLoop();
  const { one, other, all } = await connected(calls);
  const registering = spyOn(loop, "registerSoon").mockReturnValueOnce(-ENOSPC);
  const connection = new EpollConnection(contextOf(calls, loop), one, -1, home, null);
  registering.mockRestore();
  expect(connection.closed).toBe(false);
  const lost = new Promise<string>((resolve) => (connection.onLost = resolve));
  expect(await lost).toBe("ENOSPC");
  expect([connection.closed, connection.fd]).toEqual([true, -1]);
  for (const fd of [other, all[0]!]) calls.close(fd);
});

test.skipIf(!isPossible)("what one keeps that ends counts no more", async () => {
  const calls = socketCalls()!;
  const loop = await openEpollLoop();
  const { one, other, all } = await connected(calls);
  const connection = new EpollConnection(contextOf(calls, loop), one, -1, home, null);
  const much = new Uint8Array(new ArrayBuffer(64 << 20));
  expect(connection.send(much, much.length)).toBe(false);
  const frugal = roomToRead().length;
  connection.terminate();
  expect(roomToRead().length).toBeGreaterThan(frugal);
  for (const fd of [other, all[0]!]) calls.close(fd);
});

function contextOf(calls: SocketCalls, loop: EpollLoop): EpollContext {
  return { calls, loop, lowWater: lowWaterIn(loop, calls, lowWaterRule) };
}
