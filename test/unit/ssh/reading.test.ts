/** A session's SSH as it passes: facts as they come, and a word to whoever waits for what the client says. */
import { expect, test } from "bun:test";
import { Reading } from "../../../src/ssh/reading.ts";
import { kexInitPacket } from "../proxy/check/ssh/ssh-scene.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

function scene() {
  const ends: unknown[] = [];
  let told = 0;
  const reading = new Reading((facts) => ends.push(facts));
  reading.whenTold = () => (told += 1);
  return { reading, ends, told: () => told };
}

test("the end is told once, with the facts, and nobody waits any more", () => {
  const { reading, ends, told } = scene();
  reading.ended();
  expect([ends, reading.facts.isDone]).toEqual([[reading.facts], true]);
  reading.fromClient(bytes("SSH-2.0-x\r\n"));
  expect(told()).toBe(0);
});

test("a client's line is told when it is whole, and that nothing more will come", () => {
  const { reading, told } = scene();
  reading.fromClient(bytes("SSH-2.0-"));
  expect(told()).toBe(0);
  reading.fromClient(bytes("x\r\n"));
  expect(told()).toBe(1);
  reading.fromClient(bytes("no packet"));
  expect(told()).toBe(2);
});

test("the lines end where the server's identification does, once that has been read", () => {
  const { reading } = scene();
  const held = bytes("hello\r\nSSH-2.0-x\r\n\0\0");
  expect(reading.linesEnd(held)).toBe(0);
  reading.fromServer(held);
  expect(reading.linesEnd(held)).toBe(18);
});

test("whoever is shown no more keeps what is known, and holds nothing", () => {
  const { reading } = scene();
  reading.fromServer(bytes("SSH-2.0-x\r\n\0\0\x01"));
  expect(reading.facts.isDone).toBe(false);
  reading.letGo();
  expect([reading.facts.isDone, reading.facts.server.identification?.line]).toEqual([true, "SSH-2.0-x"]);
  expect(reading.fromServer(bytes("\0"))).toBe(false);
});

test("a server's identification and what it offers are told, each once, and nothing of its client's", () => {
  const told: unknown[] = [];
  const reading = new Reading(
    () => {},
    () => {},
    ({ server }) => told.push([server.identification?.line, server.offer?.hostKey]),
  );
  reading.fromClient(bytes("SSH-2.0-c\r\n"));
  reading.fromServer(bytes("hello\r\nSSH-2.0"));
  expect(told).toEqual([]);
  reading.fromServer(bytes("-s\r\n"));
  const packet = kexInitPacket();
  reading.fromServer(bytes(packet.slice(0, 50)));
  expect(told).toEqual([["SSH-2.0-s", undefined]]);
  reading.fromServer(bytes(packet.slice(50)));
  reading.fromServer(bytes("more"));
  expect(told.slice(1)).toEqual([["SSH-2.0-s", ["rsa-sha2-512", "ssh-ed25519"]]]);
});
