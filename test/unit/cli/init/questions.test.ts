/** Questions get the lines that are typed, early ones too, and learn of the end. */
import { expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import { openQuestions } from "../../../../src/cli/init/questions.ts";

test("a line for each question, whenever it comes", async () => {
  const input = new PassThrough();
  const shown: string[] = [];
  const { ask, close } = openQuestions(input, (text) => void shown.push(text));
  const first = ask("one? ");
  input.write("1\r\n2\n");
  expect([await first, await ask("two? ")]).toEqual(["1", "2"]);
  const last = ask("three? ");
  input.end("half");
  expect([await last, await ask("four? ")]).toEqual(["half", null]);
  expect(shown).toEqual(["one? ", "two? ", "three? ", "four? "]);
  close();
});

test("a line is bounded, and so is what nobody has asked for", async () => {
  const input = new PassThrough();
  const { ask, close } = openQuestions(input, () => {});
  const first = ask("? ");
  input.write(`${"x".repeat(50_000)}\n${"y\n".repeat(1000)}`);
  expect((await first)?.length).toBe(10_000);
  input.end();
  let count = 0;
  while (count < 1000 && (await ask("? ")) !== null) count += 1;
  expect(count).toBe(100);
  close();
});
