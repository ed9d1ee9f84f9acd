/** A session's start, whole and in pieces, well-formed and not. */
import { describe, expect, test } from "bun:test";
import { readMostBytes } from "../../../../src/wire/ssh/direction.ts";
import { formatSshDisconnect } from "../../../../src/wire/ssh/disconnect.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { SshReader } from "../../../../src/wire/ssh/reader.ts";
import { bytes, dropbear, joined, kexInit, openSsh7, openSsh10 } from "./bytes.ts";

const clientLine = bytes("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
const serverLine = bytes("SSH-2.0-OpenSSH_10.0p2\r\n");

test("identifications, then KEXINITs, and what is chosen", () => {
  const reader = new SshReader(1000);
  expect(reader.take("client", clientLine, 1001)).toBe(true);
  expect(reader.take("server", serverLine, 1042)).toBe(true);
  expect(reader.choice).toBeNull();
  expect(reader.take("server", kexInit(openSsh10.server), 1043)).toBe(false);
  expect(reader.isDone).toBe(false);
  expect(reader.take("client", kexInit(openSsh10.client), 1050)).toBe(false);
  expect(reader.isDone).toBe(true);
  expect(reader.foreign).toBeNull();
  expect(reader.timeToIdentMs).toBe(42);
  expect(reader.client.identification).toEqual({
    line: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
    protocol: "2.0",
    software: "OpenSSH",
    version: "9.2p1",
    comments: "Debian-2+deb12u3",
  });
  expect(reader.server.identification).toMatchObject({ software: "OpenSSH", version: "10.0p2", comments: null });
  expect(reader.client.offer?.keyExchange.join(",")).toBe(openSsh10.client.kex);
  expect(reader.choice).toMatchObject({
    keyExchange: "mlkem768x25519-sha256",
    hostKey: "ssh-ed25519",
    macToServer: "implicit",
    isPostQuantum: true,
  });
});

const read = (): SshReader => {
  const reader = new SshReader(0);
  reader.take("client", joined(clientLine, kexInit(openSsh7.client)), 1);
  reader.take("server", joined(serverLine, kexInit(openSsh7.client)), 1);
  return reader;
};

test("the same again is the same, whatever its cookie, and the sides are apart", () => {
  // What came once alone is not remembered.
  const [, first, again] = [read(), read(), read()] as const;
  expect(first.client.offer).not.toBeNull();
  expect(Object.is(again.client.offer, first.client.offer)).toBe(true);
  expect(Object.is(again.client.identification, first.client.identification)).toBe(true);
  expect(first.choice).not.toBeNull();
  expect(Object.is(again.choice, first.choice)).toBe(true);
  expect(Object.is(again.server.offer, again.client.offer)).toBe(false);
});

test("a client that meets servers of many kinds is told of each what both choose", () => {
  const kinds = Array.from({ length: 20 }, (_, index) => ({ ...openSsh7.server, kex: `k${index}` }));
  const client = { ...openSsh7.client, kex: kinds.map(({ kex }) => kex).join(",") };
  const chosen = [...kinds, ...kinds].map((server) => {
    const reader = new SshReader(0);
    reader.take("client", joined(clientLine, kexInit(client)), 1);
    reader.take("server", joined(serverLine, kexInit(server)), 1);
    return reader.choice?.keyExchange;
  });
  expect(chosen).toEqual([...kinds, ...kinds].map(({ kex }) => kex));
});

test("dropbear sends its KEXINIT with its line, and a packet that is a guess behind it", () => {
  const reader = new SshReader(0);
  const guess = formatSshPacket(Uint8Array.of(30, 1, 2, 3));
  const sent = joined(bytes("SSH-2.0-dropbear_2022.83\r\n"), kexInit(dropbear), guess);
  expect(reader.take("client", sent, 1)).toBe(false);
  expect(reader.client.identification).toMatchObject({ software: "dropbear", version: "2022.83" });
  expect(reader.client.offer?.firstFollows).toBe(true);
});

test("one byte at a time, with lines and other packets in front", () => {
  const reader = new SshReader(0);
  const ignored = [2, 3, 4].map((message) => formatSshPacket(Uint8Array.of(message, 0, 0, 0, 0)));
  const greeting = bytes("Authorized\r\nuse only\n\n");
  const sent = joined(greeting, serverLine, ...ignored, kexInit(openSsh10.server));
  for (let at = 0; at < sent.length - 1; at++) expect(reader.take("server", sent.subarray(at, at + 1), at)).toBe(true);
  expect(reader.take("server", sent.subarray(-1), 9999)).toBe(false);
  expect(reader.server.offer?.hostKey.join(",")).toBe(openSsh10.server.hostKey);
  expect(reader.timeToIdentMs).toBe(greeting.length + serverLine.length - 1);
  expect(reader.foreign).toBeNull();
});

test("what is given is not kept: its owner uses the room again", () => {
  const reader = new SshReader(0);
  const sent = joined(clientLine, kexInit(openSsh7.client));
  const room = new Uint8Array(100);
  for (let at = 0; at < sent.length; at += 100) {
    const piece = sent.subarray(at, at + 100);
    room.set(piece);
    reader.take("client", room.subarray(0, piece.length), 1);
    room.fill(0xff);
  }
  expect(reader.client.offer?.ciphersToClient.join(",")).toBe(openSsh7.client.ciphers);
});

function fed(from: "client" | "server", ...pieces: readonly Uint8Array[]) {
  const reader = new SshReader(0);
  const wanted = pieces.map((piece) => reader.take(from, piece, 1)).at(-1);
  const { foreign, isDone } = reader;
  return { wanted, foreign, isDone, line: reader[from].identification?.line ?? null };
}

const foreign = (from: "client" | "server", line: string | null = null) => ({
  wanted: false,
  foreign: from,
  isDone: true,
  line,
});

describe("foreign", () => {
  test.each([
    ["another protocol", "GET / HTTP/1.1\r\n"],
    ["its first byte", "G"],
    ["lines before the line", "Hello\r\nSSH-2.0-x\r\n"],
    ["a line that says nothing", "SSH-2.0-\r\n"],
    ["no protocol", "SSH-\n"],
    ["a protocol that is no number", "SSH-two-x\n"],
    ["a NUL", "SSH-2.0-x\0y\r\n"],
    ["a NUL in a line that has no end yet", "SSH-2.0-x\0y"],
  ])("from a client: %s", (_name, sent) => {
    expect(fed("client", bytes(sent))).toEqual(foreign("client"));
  });

  test("lines of more than 8192 bytes in all", () => {
    const line = `SSH-2.0-${"x".repeat(8182)}\r\n`;
    expect(fed("client", bytes(line))).toMatchObject({ wanted: true, line: line.trim() });
    expect(fed("client", bytes(`SSH-2.0-x${line.slice(8)}`))).toEqual(foreign("client"));
    expect(fed("client", bytes(line.slice(0, 8191)))).toMatchObject({ wanted: true });
    expect(fed("client", bytes(line.slice(0, 8191)), bytes("x"))).toEqual(foreign("client"));
    expect(fed("server", bytes("x\n".repeat(4095)))).toMatchObject({ wanted: true });
    expect(fed("server", bytes("x\n".repeat(4096)))).toEqual(foreign("server"));
    expect(fed("server", bytes("x\n".repeat(4094)), bytes("SSH-2.0-x\n"))).toEqual(foreign("server"));
  });

  test.each([
    ["text", bytes("Invalid SSH identification string.\r\n")],
    ["a length beyond all", Uint8Array.of(0, 0, 0x88, 0xb9)],
    ["a length of nothing", Uint8Array.of(0, 0, 0, 5)],
    ["more padding than packet", Uint8Array.of(0, 0, 0, 12, 11, 20)],
    ["another message", Uint8Array.of(0, 0, 0, 12, 4, 30)],
    ["lists cut short", formatSshPacket(Uint8Array.of(20, ...new Uint8Array(40).fill(1)))],
    ["no lists", formatSshPacket(Uint8Array.of(20))],
  ])("instead of KEXINIT: %s", (_name, sent) => {
    expect(fed("server", serverLine, sent)).toEqual(foreign("server", "SSH-2.0-OpenSSH_10.0p2"));
  });

  test("other packets, more of them than there may be", () => {
    const ignored = formatSshPacket(Uint8Array.of(2, ...new Uint8Array(20_000)));
    expect(fed("client", clientLine, ignored, ignored)).toMatchObject({ wanted: true, foreign: null });
    expect(fed("client", clientLine, ignored, ignored, ignored)).toMatchObject({ wanted: false, foreign: "client" });
    expect(3 * ignored.length).toBeGreaterThan(readMostBytes);
  });

  test("nothing more is read of the other side", () => {
    const reader = new SshReader(0);
    reader.take("client", clientLine.subarray(0, 9), 1);
    reader.take("server", joined(serverLine, bytes("Invalid SSH")), 1);
    expect(reader.take("client", clientLine.subarray(9), 1)).toBe(false);
    expect(reader.foreign).toBe("server");
    expect(reader.isDone).toBe(true);
    expect(reader.client.identification).toBeNull();
  });
});

test("SSH 1 is SSH, and has no KEXINIT", () => {
  expect(fed("client", bytes("SSH-1.5-Cisco-1.25\n"))).toEqual({
    wanted: false,
    foreign: null,
    isDone: false,
    line: "SSH-1.5-Cisco-1.25",
  });
  expect(fed("server", bytes("SSH-1.99-Cisco-1.25\n"))).toMatchObject({ wanted: true, foreign: null });
});

test("a side that ends the connection at once is still SSH's", () => {
  const sent = joined(serverLine, formatSshDisconnect(7, "back at 14:00"));
  expect(fed("server", sent)).toMatchObject({ wanted: false, foreign: null });
});
