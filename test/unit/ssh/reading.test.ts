/** A session's SSH as it passes: facts as they come, and a word to whoever waits for what the client says. */
import { expect, test } from "bun:test";
import { Reading } from "../../../src/ssh/reading.ts";

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
  expect(ends).toEqual([reading.facts]);
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
