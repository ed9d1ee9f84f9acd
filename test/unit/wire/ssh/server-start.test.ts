/** A server's first bytes: what is held, what goes on, and what is a refusal, however they are cut. */
import { expect, test } from "bun:test";
import { ServerStart } from "../../../../src/wire/ssh/server-start.ts";
import { bytes } from "./bytes.ts";

/** What is found at each byte more; only changes. */
function told(text: string): string[] {
  const start = new ServerStart();
  const found: string[] = [];
  for (let length = 1; length <= text.length; length++) {
    const word = start.take(bytes(text.slice(0, length)));
    const shown = typeof word === "string" ? word : JSON.stringify(text.slice(0, word));
    if (found.at(-1) !== shown) found.push(shown);
    if (typeof word === "string") break;
  }
  // As a whole it is the same.
  const word = new ServerStart().take(bytes(text));
  expect(typeof word === "string" ? word : JSON.stringify(text.slice(0, word))).toBe(found.at(-1)!);
  return found;
}

test("what may become a refusal is held, an identification is not, and a line that is neither goes on", () => {
  expect(told("SSH-2.0-x\r\n")).toEqual(['"S"', '"SS"', '"SSH"', "heard"]);
  expect(told("Exceeded MaxStartups")).toEqual(['""', "full"]);
  expect(told("Not allowed at this time")).toEqual(['""', "not-allowed"]);
  expect(told("Excess")).toEqual(['""', '"Exces"', '"Excess"']);
  expect(told("a\nNot")).toEqual(['"a"', '"a\\n"']);
  expect(told("\r\n\nExceeded MaxStartups")).toEqual(['"\\r"', '"\\r\\n"', '"\\r\\n\\n"', "full"]);
  expect(told("x Exceeded MaxStartups\nSSH-")).toContain("heard");
  expect(told("E\nSSX\nSSH-").at(-1)).toBe("heard");
});

test("how far whole lines go is known, and that nothing has come is no line", () => {
  const start = new ServerStart();
  expect([start.take(bytes("")), start.lineAt]).toEqual([0, 0]);
  expect([start.take(bytes("one\ntwo")), start.lineAt]).toEqual([7, 4]);
  expect([start.take(bytes("one\ntwo\nExc")), start.lineAt]).toEqual([8, 8]);
  expect([start.take(bytes("one\ntwo\nExc\n")), start.lineAt]).toEqual([12, 12]);
});

test("whoever says more lines than SSH allows, or one without an end, is not listened to", () => {
  for (const text of ["x".repeat(9000), "line\n".repeat(2000)]) {
    const start = new ServerStart();
    let last: unknown = 0;
    for (let length = 1; length <= text.length && last !== "heard"; length += 7) {
      last = start.take(bytes(text.slice(0, length)));
      if (last === "heard") expect(length).toBeWithin(8192, 8192 + 14);
    }
    expect(last).toBe("heard");
    expect(new ServerStart().take(bytes(text))).toBe("heard");
  }
});
