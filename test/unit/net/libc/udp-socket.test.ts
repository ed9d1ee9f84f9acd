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
    const came = new Promise<string>((resolve) => receiver.once("message", (bytes) => resolve(bytes.toString())));
    const socket = openUdpSocket(calls, "127.0.0.1", port);
    if (typeof socket === "string") throw new Error(socket);
    expect(socket.send(Buffer.from("line\n"))).toBe(null);
    expect(await came).toBe("line\n");
    await new Promise<void>((resolve) => receiver.close(() => resolve()));
    expect(socket.send(Buffer.from("lost\n"))).toBe(null);
    expect(socket.send(Buffer.from("told\n"))).toBe("ECONNREFUSED");
    expect(socket.send(Buffer.from("again\n"))).toBe(null);
    socket.close();
  },
);
