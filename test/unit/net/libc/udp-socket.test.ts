import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import {
  AF_INET,
  SOCK_DGRAM,
  type SocketCalls,
  SOL_SOCKET,
  socketCalls,
} from "../../../../src/net/libc/socket-calls.ts";
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

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const SO_NO_CHECK = 11;

/** A receiver that is given what goes through the kernel as one in one piece, where `merges`. */
function receiver(libc: SocketCalls, merges: boolean) {
  const fd = libc.socket(AF_INET, SOCK_DGRAM);
  expect(libc.bind(fd, { kind: "tcp", host: "127.0.0.1", port: 0 })).toBe(0);
  if (merges) expect(libc.setOption(fd, SOL_UDP, UDP_GRO, 1)).toBe(0);
  const buffer = Buffer.from(new ArrayBuffer(70_000));
  const address = libc.localAddress(fd);
  return {
    port: address?.kind === "tcp" ? address.port : 0,
    /** What has come, which on loopback is all that was sent. */
    taken(): string[] {
      const came: string[] = [];
      for (let size = libc.recv(fd, buffer); size > 0; size = libc.recv(fd, buffer))
        came.push(buffer.toString("latin1", 0, size));
      return came;
    },
    [Symbol.dispose]: () => void libc.close(fd),
  };
}

/** A sender of lines, and what it has lost; `opened` is told of its descriptor. */
function sender(libc: SocketCalls, port: number, opened: (fd: number) => void = () => {}) {
  const calls: SocketCalls = {
    ...libc,
    connect(fd, address) {
      opened(fd);
      return libc.connect(fd, address);
    },
  };
  const socket = openUdpSocket(calls, "127.0.0.1", port);
  if (typeof socket === "string") throw new Error(socket);
  const lost: string[] = [];
  return {
    lost,
    send(lines: readonly string[]): void {
      for (const line of lines) {
        if (socket.add(Buffer.from(line))) continue;
        socket.flush((code) => lost.push(code));
        expect(socket.add(Buffer.from(line))).toBe(true);
      }
      socket.flush((code) => lost.push(code));
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Lines of these lengths, each like no other. */
const linesOf = (lengths: readonly number[]): string[] =>
  lengths.map((length, at) => `${at} `.padEnd(length, String.fromCharCode(97 + (at % 26))).slice(0, length));

function segments(libc: SocketCalls): boolean {
  const fd = libc.socket(AF_INET, SOCK_DGRAM);
  const isKnown = libc.getOption(fd, SOL_UDP, UDP_SEGMENT) >= 0;
  libc.close(fd);
  return isKnown;
}

const isSegmenting = calls !== null && segments(calls);
if (!isSegmenting) console.warn("SKIPPED: this kernel has no UDP_SEGMENT");

test.skipIf(!isSegmenting)(
  "lines of one length that follow each other go as one, with one that is shorter behind them",
  () => {
    if (calls === null) return;
    using there = receiver(calls, true);
    using from = sender(calls, there.port);
    const lines = linesOf([50, 50, 50, 40, 50, 60, 60, 1300, 1300, 9, 9]);
    from.send(lines);
    const [a, b, c, d, e, f, g, h, i, j, k] = lines as [string, ...string[]];
    expect(there.taken()).toEqual([`${a}${b}${c}${d}`, e, `${f}${g}`, h, i, `${j}${k}`] as string[]);
    expect(from.lost).toEqual([]);
  },
);

test.skipIf(!isSegmenting)(
  "whoever knows nothing of that gets each as it was sent, in order, also of very many",
  () => {
    if (calls === null) return;
    using there = receiver(calls, false);
    using from = sender(calls, there.port);
    for (let round = 0; round < 200; round++) {
      const lines = linesOf(
        Array.from({ length: (round % 70) + 1 }, (_, at) => 100 + ((round * at * at) % 7 === 0 ? 10 : 0)),
      );
      from.send(lines);
      expect(there.taken()).toEqual(lines);
    }
    const long = linesOf(Array.from({ length: 60 }, () => 1200));
    from.send(long);
    expect(there.taken()).toEqual(long);
    expect(from.lost).toEqual([]);
  },
);

test.skipIf(!isSegmenting)("where the kernel refuses that, each goes by itself, and none is lost", () => {
  if (calls === null) return;
  const lines = linesOf([70, 70, 70, 20, 70, 70]);
  using there = receiver(calls, true);
  let fd = -1;
  using from = sender(calls, there.port, (opened) => (fd = opened));
  // Segments need checksums.
  expect(calls.setOption(fd, SOL_SOCKET, SO_NO_CHECK, 1)).toBe(0);
  from.send(lines);
  expect(there.taken()).toEqual(lines);
  // It is not asked again.
  expect(calls.setOption(fd, SOL_SOCKET, SO_NO_CHECK, 0)).toBe(0);
  from.send(lines);
  expect(there.taken()).toEqual(lines);
  expect(from.lost).toEqual([]);
});

test.skipIf(!isSegmenting)("a kernel that does not know it is not asked to", () => {
  if (calls === null) return;
  using there = receiver(calls, true);
  const old: SocketCalls = { ...calls, getOption: () => -92 };
  using from = sender(old, there.port);
  const lines = linesOf([30, 30, 30]);
  from.send(lines);
  expect(there.taken()).toEqual(lines);
  expect(from.lost).toEqual([]);
});
