/** What was read before a connection heard of it: given to its owner as if it had just come. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { EpollConnection } from "../../../../src/net/epoll/epoll-connection.ts";
import type { EpollContext } from "../../../../src/net/epoll/epoll-context.ts";
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { AheadBytes, aheadBytes } from "../../../../src/net/epoll/turn/ahead-bytes.ts";
import { EPOLLIN, EPOLLRDHUP } from "../../../../src/net/libc/epoll-calls.ts";
import { lowWaterIn } from "../../../../src/net/epoll/epoll-low-water.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { lowWaterRule } from "../../../../src/net/relay/stretch.ts";
import type { StreamOwner } from "../../../../src/net/transport.ts";
import { connected, EAGAIN, ECONNRESET, home, word } from "./connected.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

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
