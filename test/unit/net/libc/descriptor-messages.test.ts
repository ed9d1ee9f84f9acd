/** Packets between two processes: whole, with the descriptors that belong to them, and none left open by one that is refused. */
import { expect, test } from "bun:test";
import {
  loadMessageCalls,
  type Packet,
  packetBytes,
  packetDescriptors,
} from "../../../../src/net/libc/descriptor-messages.ts";
import { EAGAIN, EMSGSIZE } from "../../../../src/net/libc/errno.ts";
import { canCallLibc, openDescriptorCount } from "../../../../src/net/libc/process-calls.ts";
import { SOCK_SEQPACKET, socketCalls } from "../../../../src/net/libc/socket-calls.ts";

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: descriptors are handed over on Linux with FFI only");

/** Two ends of a channel; `close` closes them and what is given. */
function channel() {
  const calls = socketCalls()!;
  const pair = calls.pair(SOCK_SEQPACKET);
  if (typeof pair === "number") throw new Error(`socketpair: ${-pair}`);
  const close = (...more: number[]): void => {
    for (const fd of [...pair, ...more]) calls.close(fd);
  };
  return { here: pair[0], there: pair[1], calls, close, messages: loadMessageCalls() };
}

function packet(found: Packet | number): Packet {
  if (typeof found === "number") throw new Error(`errno ${-found}`);
  return found;
}

test.skipIf(!isPossible)("packets keep their bounds, and what was received stays as it was", () => {
  const { here, there, messages, close, calls } = channel();
  expect(messages.receive(there)).toBe(-EAGAIN);
  for (const text of ["one", "", "three"]) expect(messages.send(here, Buffer.from(`<${text}`), [])).toBe(0);
  const found = [1, 2, 3].map(() => packet(messages.receive(there)));
  expect(found.map(({ bytes, fds }) => [Buffer.from(bytes).toString(), fds])).toEqual([
    ["<one", []],
    ["<", []],
    ["<three", []],
  ]);
  calls.shutdownWrite(here);
  expect(packet(messages.receive(there)).bytes).toHaveLength(0);
  close();
});

test.skipIf(!isPossible)("descriptors come with their packet, as others for the same sockets", () => {
  const { here, there, messages, close, calls } = channel();
  const inside = channel();
  const before = openDescriptorCount();
  expect(messages.send(here, Buffer.from("two"), [inside.here, inside.there])).toBe(0);
  const { fds } = packet(messages.receive(there));
  expect([fds.length, openDescriptorCount()! - before!]).toEqual([2, 2]);
  expect(fds).not.toContain(inside.here);
  calls.send(fds[0]!, Buffer.from("through"));
  const buffer = new Uint8Array(new ArrayBuffer(16));
  expect(Buffer.from(buffer.subarray(0, calls.recv(inside.there, buffer))).toString()).toBe("through");
  inside.close(...fds);
  close();
});

test.skipIf(!isPossible)("as many descriptors as may be, and bytes; more are refused before they are sent", () => {
  const { here, there, messages, close } = channel();
  const most = Array.from({ length: packetDescriptors }, () => here);
  expect(messages.send(here, new Uint8Array(packetBytes), most)).toBe(0);
  const { bytes, fds } = packet(messages.receive(there));
  expect([bytes.length, fds.length]).toEqual([packetBytes, packetDescriptors]);
  expect(messages.send(here, new Uint8Array(1), [...most, here])).toBe(-EMSGSIZE);
  expect(messages.send(here, new Uint8Array(packetBytes + 1), [])).toBe(-EMSGSIZE);
  expect(messages.receive(there)).toBe(-EAGAIN);
  close(...fds);
});

test.skipIf(!isPossible)("a packet that is too long is dropped, and the next one comes whole", () => {
  const { here, there, messages, close, calls } = channel();
  calls.send(here, new Uint8Array(packetBytes + 1));
  messages.send(here, Buffer.from("next"), []);
  expect(messages.receive(there)).toBe(-EMSGSIZE);
  expect(Buffer.from(packet(messages.receive(there)).bytes).toString()).toBe("next");
  close();
});
