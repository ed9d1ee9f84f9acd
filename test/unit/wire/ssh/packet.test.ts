/** What a packet's first bytes tell, and packets of ours. */
import { expect, test } from "bun:test";
import { formatSshPacket, sshMessageAt, sshPacketEnd } from "../../../../src/wire/ssh/packet.ts";

test("a packet of any length is a multiple of eight bytes and tells its message", () => {
  for (let length = 1; length < 40; length++) {
    const packet = formatSshPacket(new Uint8Array(length).fill(20));
    expect(packet.length % 8).toBe(0);
    expect(packet[4]).toBeGreaterThanOrEqual(4);
    expect(sshMessageAt(packet, 0, packet.length)).toBe(20);
    expect(sshPacketEnd(packet, 0)).toBe(packet.length);
  }
});

test("what is not there is waited for, and what cannot be is none", () => {
  const packet = formatSshPacket(Uint8Array.of(20, 0, 0));
  expect([0, 3, 4, 5, 6].map((end) => sshMessageAt(packet, 0, end))).toEqual([-1, -1, -1, -1, 20]);
  expect(sshMessageAt(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0, 4)).toBe(-2);
  expect(sshMessageAt(Uint8Array.of(0, 0, 0, 5), 0, 4)).toBe(-2);
  expect(sshMessageAt(Uint8Array.of(0, 0, 0, 12, 11, 20), 0, 6)).toBe(-2);
  expect(sshMessageAt(Uint8Array.of(9, 0, 0, 0, 12, 10, 20), 1, 7)).toBe(20);
});
