/** Bytes whose end is known to follow go out with its FIN: one packet, and nobody woken twice. What waits for a turn's end goes before whatever is done in it. */
import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { EpollConnection } from "../../../../src/net/epoll/epoll-connection.ts";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { AheadBytes, aheadBytes } from "../../../../src/net/epoll/turn/ahead-bytes.ts";
import { EPOLLIN, EPOLLRDHUP } from "../../../../src/net/libc/epoll-calls.ts";
import { lowWaterIn } from "../../../../src/net/epoll/epoll-low-water.ts";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { AF_INET, SOCK_STREAM, type SocketCalls, socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { lowWaterRule } from "../../../../src/net/relay/stretch.ts";
import type { RelayLimits, StreamOwner } from "../../../../src/net/transport.ts";
import { connectDefaults, Door, noLimits } from "../../../contract/stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const EAGAIN = 11;
const ECONNRESET = 104;
const home = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const word = new TextEncoder().encode("bye");

/** Both ends of a connection, and the descriptors to close. */
async function connected(calls: SocketCalls): Promise<{ one: number; other: number; all: readonly number[] }> {
  const listener = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listener, home);
  calls.listen(listener, 1);
  const one = calls.socket(AF_INET, SOCK_STREAM);
  calls.connect(one, calls.localAddress(listener)!);
  const other = await accepted(calls, listener);
  return { one, other, all: [listener, one, other] };
}

async function accepted(calls: SocketCalls, listener: number): Promise<number> {
  for (let left = 1000; left > 0; left--) {
    const fd = calls.accept(listener);
    if (fd >= 0) return fd;
    await Bun.sleep(1);
  }
  throw new Error("nobody came");
}

async function read(calls: SocketCalls, fd: number): Promise<string> {
  const buffer = new Uint8Array(new ArrayBuffer(64));
  let text = "";
  for (let left = 1000; left > 0; left--) {
    const count = calls.recv(fd, buffer);
    if (count === 0) return `${text}.`;
    if (count > 0) text += new TextDecoder().decode(buffer.subarray(0, count));
    else if (count === -EAGAIN) await Bun.sleep(1);
    else return `${text} errno ${-count}`;
  }
  return `${text}...`;
}

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
    const context: EpollContext = { calls, loop, lowWater: lowWaterIn(loop, calls, lowWaterRule) };
    const { one, other, all } = await connected(calls);
    const connection = new EpollConnection(context, one, -1, home, null);
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
    const context: EpollContext = { calls, loop, lowWater: lowWaterIn(loop, calls, lowWaterRule) };
    const { one, other, all } = await connected(calls);
    const connection = new EpollConnection(context, one, -1, home, null);
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

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A connection whose owner says what it was told, with bytes that can be given to it as read ahead. */
async function ahead() {
  const calls = socketCalls()!;
  const loop = await openEpollLoop();
  const context: EpollContext = { calls, loop, lowWater: lowWaterIn(loop, calls, lowWaterRule) };
  const { one, other, all } = await connected(calls);
  const connection = new EpollConnection(context, one, -1, home, null);
  const told: string[] = [];
  const owner: StreamOwner = {
    data: (_, buffer, length) => {
      told.push(new TextDecoder().decode(buffer.subarray(0, length)));
      return !told.includes("enough");
    },
    end: () => void told.push("end"),
    drained: () => undefined,
    closed: (_, code) => void told.push(String(code)),
  };
  const place = new Uint8Array(aheadBytes);
  const give = (text: string | number): void => {
    const slot = new AheadBytes(place, 0, 0);
    slot.fill(0, typeof text === "number" ? text : Buffer.from(place.buffer).write(text));
    connection.tookAhead(slot);
  };
  /** Its turn is over, and another's bytes come where its were. */
  const pass = (): void => {
    connection.keepAhead();
    place.fill(63);
  };
  const close = (): void => {
    connection.terminate();
    for (const fd of [other, all[0]!]) calls.close(fd);
  };
  return { calls, connection, owner, other, told, give, pass, close };
}

test.skipIf(!isPossible)(
  "what was read ahead is taken as if it had just been read, and what comes then follows it",
  async () => {
    const { calls, connection, owner, other, told, give, pass, close } = await ahead();
    connection.owner = owner;
    connection.resume();
    await later();
    expect(connection.aheadFd).toBe(connection.fd);
    give("one");
    expect(connection.aheadFd).toBe(-1);
    expect(connection.mayDetach()).toBe(false);
    connection.ready(EPOLLIN);
    pass();
    expect(told).toEqual(["one"]);
    expect(connection.mayDetach()).toBe(true);
    give(-EAGAIN);
    connection.ready(EPOLLIN);
    pass();
    calls.send(other, word);
    await later();
    expect(told).toEqual(["one", "bye"]);
    give("last");
    connection.ready(EPOLLIN | EPOLLRDHUP);
    pass();
    expect(told).toEqual(["one", "bye", "last", "end"]);
    expect(connection.aheadFd).toBe(-1);
    close();
  },
);

test.skipIf(!isPossible)("what was read ahead of one that has been paused since waits for it to go on", async () => {
  const { calls, connection, owner, other, told, give, pass, close } = await ahead();
  connection.owner = owner;
  connection.resume();
  give("kept");
  connection.pause();
  connection.ready(EPOLLIN);
  pass();
  calls.send(other, word);
  await later();
  expect(told).toEqual([]);
  expect(connection.aheadFd).toBe(-1);
  connection.resume();
  await later();
  expect(told.join("")).toBe("keptbye");
  give(0);
  connection.pause();
  connection.ready(EPOLLIN | EPOLLRDHUP);
  pass();
  expect(connection.ended).toBe(false);
  connection.resume();
  await later();
  expect(told.at(-1)).toBe("end");
  close();
});

test.skipIf(!isPossible)(
  "what was read ahead is there for whoever looks at it, little by little, and goes before an error",
  async () => {
    const { connection, owner, told, give, pass, close } = await ahead();
    connection.owner = owner;
    connection.resume();
    give("little by little");
    connection.pause();
    connection.owner = null;
    connection.ready(EPOLLIN);
    pass();
    expect(new TextDecoder().decode(connection.present(6))).toBe("little");
    expect(new TextDecoder().decode(connection.present(9))).toBe("little by");
    connection.owner = { ...owner, hearsOut: true };
    connection.failLater(ECONNRESET);
    await later();
    expect(told).toEqual([]);
    connection.resume();
    await later();
    expect(told).toEqual([" little", "ECONNRESET"]);
    close();
  },
);

test.skipIf(!isPossible)(
  "one that has brought more than is read ahead reads by itself, until it brings less",
  async () => {
    const { calls, connection, owner, other, told, give, pass, close } = await ahead();
    connection.owner = owner;
    connection.resume();
    await later();
    calls.send(other, word);
    give("x".repeat(aheadBytes));
    connection.ready(EPOLLIN);
    pass();
    expect(told).toEqual(["x".repeat(aheadBytes), "bye"]);
    expect(connection.aheadFd).toBe(connection.fd);
    calls.send(other, new Uint8Array(2 * aheadBytes));
    give("x".repeat(aheadBytes));
    connection.ready(EPOLLIN);
    pass();
    expect(told.map(({ length }) => length)).toEqual([aheadBytes, 3, aheadBytes, 2 * aheadBytes]);
    expect(connection.aheadFd).toBe(-1);
    calls.send(other, word);
    await later();
    expect(connection.aheadFd).toBe(connection.fd);
    connection.owner = null;
    expect(connection.aheadFd).toBe(-1);
    connection.owner = owner;
    connection.pause();
    expect(connection.aheadFd).toBe(-1);
    close();
  },
);
