/** Bytes whose end is known to follow go out with its FIN: one packet, and nobody woken twice. */
import { expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { AF_INET, SOCK_STREAM, type SocketCalls, socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import type { RelayLimits } from "../../../../src/net/transport.ts";
import { connectDefaults, Door, noLimits } from "../../../contract/stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the epoll transport needs Linux and FFI");

const EAGAIN = 11;
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
  const asked = spyOn(calls, "sendMore");
  calls.sendMore(server, word, word.length);
  calls.shutdownWrite(server);
  const got = await read(calls, client);
  const joined = asked.mock.calls.length - 1;
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

test.skipIf(!isPossible)("not where a reset may follow instead", async () => {
  expect(await lastWord({ clientNoLinger: true })).toEqual({ joined: 0, got: "bye." });
  expect(await lastWord({ serverNoLinger: true })).toEqual({ joined: 1, got: "bye." });
});
