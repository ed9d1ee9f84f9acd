import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { openUdpSocket } from "../../../../src/net/libc/udp-socket.ts";

const calls = socketCalls();

test.skipIf(calls === null)(
  "datagrams arrive as they were sent, and a port where nobody listens is told of later",
  async () => {
    if (calls === null) return;
    const receiver = createSocket("udp4");
    await new Promise<void>((resolve) => receiver.bind(0, "127.0.0.1", resolve));
    const { port } = receiver.address();
    const lines = [...Array.from({ length: 20 }, (_, at) => `line ${at} ${"x".repeat(at * 100)}\n`), "last\n"];
    const came: string[] = [];
    const all = new Promise<void>((resolve) =>
      receiver.on("message", (bytes) => void (came.push(bytes.toString()) === lines.length && resolve())),
    );
    const socket = openUdpSocket(calls, "127.0.0.1", port);
    if (typeof socket === "string") throw new Error(socket);
    const lost: string[] = [];
    const flush = (): void => socket.flush((code) => lost.push(code));
    const shared = Buffer.alloc(4096);
    for (const line of lines) {
      const bytes = shared.subarray(0, shared.write(line));
      if (socket.add(bytes)) continue;
      flush();
      expect(socket.add(bytes)).toBe(true);
    }
    flush();
    await all;
    expect({ came, lost }).toEqual({ came: lines, lost: [] });
    await new Promise<void>((resolve) => receiver.close(() => resolve()));
    const sendAll = (...texts: string[]): void => {
      for (const text of texts) socket.add(Buffer.from(text));
      flush();
    };
    sendAll("lost\n");
    expect(lost).toEqual([]);
    // Of each that is refused the next hears, and goes all the same.
    sendAll("told\n");
    expect(lost).toEqual(["ECONNREFUSED"]);
    sendAll("one\n", "two\n");
    expect(lost.length).toBeGreaterThan(1);
    socket.add(Buffer.alloc(70_000));
    lost.length = 0;
    flush();
    expect(lost.at(-1)).toBe("EMSGSIZE");
    socket.close();
  },
);
