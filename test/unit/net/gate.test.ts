/** A gate holds what comes until it is opened or everything is given back, and tells its owner of every change. */
import { expect, test } from "bun:test";
import { Gate } from "../../../src/net/gate.ts";

function scene(limitBytes: number): { readonly gate: Gate; readonly log: string[] } {
  const log: string[] = [];
  const gate = new Gate(limitBytes, () => log.push(`${Buffer.from(gate.bytes).toString()}${gate.isWhole ? "." : ""}`));
  gate.guardedBy({
    isUndisturbed: true,
    passed: (bytes) => log.push(`passed ${Buffer.from(bytes).toString()}`),
    opened: () => log.push("opened"),
    gaveBack: () => log.push("gave back"),
  });
  return { gate, log };
}

test("it is whole when it is full, or when the server has finished", () => {
  const { gate, log } = scene(4);
  gate.hold(Buffer.from("ab"));
  gate.hold(Buffer.from("cd"));
  expect(log).toEqual(["ab", "abcd."]);
  const other = scene(4);
  other.gate.hold(Buffer.from("a"));
  other.gate.end();
  expect(other.log).toEqual(["a", "a."]);
});

test("it is opened once, and gives nothing back afterwards", () => {
  const { gate, log } = scene(4);
  gate.open();
  gate.open();
  gate.giveBack();
  expect([log, gate.isOpen]).toEqual([["opened"], true]);
});

test("what was given back cannot be opened", () => {
  const { gate, log } = scene(4);
  gate.giveBack();
  gate.open();
  expect(log).toEqual(["gave back"]);
});

test("what is passed goes on once, and stays for whoever looks", () => {
  const { gate, log } = scene(100);
  gate.hold(Buffer.from("abcd"));
  gate.pass(0);
  gate.pass(2);
  gate.pass(2);
  gate.pass(3);
  expect(log).toEqual(["abcd", "passed ab", "passed c"]);
  expect([Buffer.from(gate.bytes).toString(), Buffer.from(gate.rest).toString()]).toEqual(["abcd", "d"]);
  gate.open();
  gate.pass(4);
  expect(log).toEqual(["abcd", "passed ab", "passed c", "opened"]);
});
