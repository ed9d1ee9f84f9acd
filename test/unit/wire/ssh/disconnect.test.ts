/** A last word, as whoever reads packets takes it. */
import { expect, test } from "bun:test";
import { formatSshDisconnect } from "../../../../src/wire/ssh/disconnect.ts";

test("reason, text and language, cut to what clients show", () => {
  const packet = Buffer.from(formatSshDisconnect(7, "no server is up"));
  expect(packet.length % 8).toBe(0);
  expect(packet.readUInt32BE(0)).toBe(packet.length - 4);
  const seen = { message: packet[5], reason: packet.readUInt32BE(6), length: packet.readUInt32BE(10) };
  expect(seen).toEqual({ message: 1, reason: 7, length: 15 });
  expect(packet.toString("latin1", 14, 29)).toBe("no server is up");
  expect(packet.readUInt32BE(29)).toBe(0);
  expect(33 + (packet[4] ?? 0)).toBe(packet.length);
  expect(Buffer.from(formatSshDisconnect(7, "x".repeat(1000))).readUInt32BE(10)).toBe(400);
});

test("no character is cut in two", () => {
  const packet = Buffer.from(formatSshDisconnect(7, `x${"ü".repeat(300)}`));
  expect(packet.readUInt32BE(10)).toBe(399);
  expect(packet.toString("utf8", 14, 14 + 399)).toBe(`x${"ü".repeat(199)}`);
});
