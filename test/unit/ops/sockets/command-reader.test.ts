import { expect, test } from "bun:test";
import { commandLimit, CommandReader } from "../../../../src/ops/sockets/command-reader.ts";

function reader(...parts: string[]): CommandReader {
  const one = new CommandReader();
  for (const part of parts) one.push(part);
  return one;
}

function all(one: CommandReader): unknown[] {
  const taken: unknown[] = [];
  for (let next = one.next(); next !== null; next = one.next()) {
    taken.push(next === "too long" ? next : [next.text, next.payload, next.endsLine]);
    if (next === "too long") break;
  }
  return taken;
}

test("commands end at a line's end or a semicolon that is not escaped", () => {
  expect(all(reader("show info;show st", "at\nset a\\;b\nrest"))).toEqual([
    ["show info", null, false],
    ["show stat", null, true],
    ["set a\\;b", null, true],
  ]);
});

test("a payload ends at an empty line, which may be the first, and waits for it", () => {
  expect(all(reader("add map x <<\na 1\nb 2\n\nshow info\n"))).toEqual([
    ["add map x ", "a 1\nb 2\n", true],
    ["show info", null, true],
  ]);
  expect(all(reader("add map x <<\n\n"))).toEqual([["add map x ", "", true]]);
  const open = reader("add map x <<\na 1\n");
  expect(all(open)).toEqual([]);
  open.push("\n");
  expect(all(open)).toEqual([["add map x ", "a 1\n", true]]);
});

test("'<<' within a word begins no payload", () => {
  expect(all(reader("echo a<<\n"))).toEqual([["echo a<<", null, true]]);
});

test("what is longer than a buffer is never taken", () => {
  const short = "x".repeat(commandLimit - 2);
  expect(all(reader(`${short}\n`))).toEqual([[short, null, true]]);
  expect(all(reader(`${short}x\n`))).toEqual(["too long"]);
  expect(all(reader("x".repeat(commandLimit)))).toEqual(["too long"]);
  expect(all(reader(`add <<\n${"x\n".repeat(commandLimit / 2)}`))).toEqual(["too long"]);
});

test("its first byte tells what is no command", () => {
  expect(["GET / HTTP/1.1", "\u0016\u0003", "show info", "", "\n"].map((text) => reader(text).isForeign)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
