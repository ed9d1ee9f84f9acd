import { describe, expect, test } from "bun:test";
import {
  formatSshDisconnect,
  formatSshPacket,
  parseSshDisconnect,
  parseSshIdentification,
  parseSshKexInit,
  parseSshPacket,
  sshRefusal,
} from "../../../../src/wire/ssh/messages.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

describe("identification", () => {
  test("a client's line", () => {
    expect(parseSshIdentification(bytes("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore"), "client")).toEqual({
      state: "found",
      found: {
        line: "SSH-2.0-OpenSSH_9.2p1 Debian-2",
        protocol: "2.0",
        software: "OpenSSH_9.2p1",
        comments: "Debian-2",
        preamble: [],
        length: 32,
      },
    });
  });

  test("a server may talk first", () => {
    const parse = parseSshIdentification(bytes("Hello\r\nfriend\nSSH-1.99-x\n"), "server");
    expect(parse).toMatchObject({
      state: "found",
      found: { preamble: ["Hello", "friend"], protocol: "1.99", length: 25 },
    });
    expect(parseSshIdentification(bytes("Hello\r\nSSH-2.0-x\r\n"), "client")).toEqual({ state: "none" });
  });

  test("waits for the line's end, but not for ever", () => {
    expect(parseSshIdentification(bytes("SS"), "client")).toEqual({ state: "need-more", atLeast: 3 });
    expect(parseSshIdentification(bytes("SSH-2.0-x\r"), "client")).toEqual({ state: "need-more", atLeast: 11 });
    expect(parseSshIdentification(bytes(`SSH-2.0-${"x".repeat(300)}`), "client")).toEqual({ state: "none" });
    expect(parseSshIdentification(bytes("x\n".repeat(5000)), "server")).toEqual({ state: "none" });
  });

  test("other protocols are told at once", () => {
    expect(parseSshIdentification(bytes("GET"), "client")).toEqual({ state: "none" });
    expect(parseSshIdentification(bytes("SSH-\n"), "client")).toEqual({ state: "none" });
  });
});

function kexInit(...lists: string[]): Uint8Array {
  const pieces = lists.map((list) =>
    Buffer.concat([Buffer.from([0, 0, list.length >> 8, list.length & 0xff]), Buffer.from(list)]),
  );
  return new Uint8Array(
    Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 7), ...pieces, Buffer.from([1, 0, 0, 0, 0])]),
  );
}

describe("packets", () => {
  test("KEXINIT gives its lists", () => {
    const payload = kexInit("a,b", "ssh-ed25519", "aes", "aes2", "hmac", "hmac2", "none", "zlib", "", "de");
    const packet = formatSshPacket(payload);
    expect(packet.length % 8).toBe(0);
    const parse = parseSshPacket(packet);
    if (parse.state !== "found") throw new Error(parse.state);
    expect({ ...parse.found, payload: null }).toEqual({ payload: null, length: packet.length });
    expect(parseSshKexInit(parse.found.payload)).toEqual({
      cookie: new Uint8Array(16).fill(7),
      keyExchange: ["a", "b"],
      hostKey: ["ssh-ed25519"],
      ciphersToServer: ["aes"],
      ciphersToClient: ["aes2"],
      macsToServer: ["hmac"],
      macsToClient: ["hmac2"],
      compressionToServer: ["none"],
      compressionToClient: ["zlib"],
      languagesToServer: [],
      languagesToClient: ["de"],
      firstFollows: true,
    });
    expect(parseSshKexInit(payload.subarray(0, 40))).toBeNull();
  });

  test("DISCONNECT there and back, cut to what clients show", () => {
    const parse = parseSshPacket(formatSshDisconnect(7, "no server is up"));
    if (parse.state !== "found") throw new Error(parse.state);
    expect(parseSshDisconnect(parse.found.payload)).toEqual({ reason: 7, description: "no server is up" });
    const long = parseSshPacket(formatSshDisconnect(7, "x".repeat(1000)));
    expect(long.state === "found" && parseSshDisconnect(long.found.payload)?.description.length).toBe(400);
  });

  test("a length that cannot be is no packet", () => {
    expect(parseSshPacket(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0))).toEqual({ state: "none" });
    expect(parseSshPacket(Uint8Array.of(0, 0, 0, 12))).toEqual({ state: "need-more", atLeast: 16 });
    expect(parseSshPacket(Uint8Array.of(0, 0, 0, 4, 200, 0, 0, 0))).toEqual({ state: "none" });
  });
});

test("a server's refusals in clear text", () => {
  const seen = [
    "Invalid SSH identification string.\r\n",
    "SSH-2.0-OpenSSH_9.2p1\r\nInvalid SSH identification string.\r\n",
    "Protocol mismatch.\n",
    "Not allowed at this time\r\n",
    "Exceeded MaxStartups\r\n",
    "SSH-2.0-OpenSSH_9.2p1\r\n",
    "",
  ].map((text) => sshRefusal(bytes(text)));
  expect(seen).toEqual(["not-ssh", "not-ssh", "not-ssh", "penalty", "full", null, null]);
});
