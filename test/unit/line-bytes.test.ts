import { expect, test } from "bun:test";
import { LineBytes } from "../../src/line-bytes.ts";

test("what is put together is what the pieces are", () => {
  const line = new LineBytes();
  for (let round = 0; round < 2; round++) {
    line.start();
    line.put("a ~");
    line.putByte(0x2f);
    line.putQuoted("b|c");
    expect(String(line)).toBe("a ~/b|c");
    expect(line.isSound).toBe(true);
  }
});

test("numbers are as JavaScript writes them", () => {
  const line = new LineBytes();
  const numbers = [0, 1, 9, 10, 99, 100, 12_345, 999_999_999, 1_073_741_823, 1_073_741_824, 2 ** 31, 2 ** 53, -1, 1.5];
  for (const number of numbers) {
    line.start();
    line.putNumber(number);
    expect(String(line)).toBe(String(number));
  }
});

test.each(["\n", "\x1f", "\x7f", "\x80", "é", "\u0141", "\u2028"])("%j is not for bytes", (text) => {
  const line = new LineBytes();
  line.put(`before${text}`);
  line.put("behind");
  expect(line.isSound).toBe(false);
  line.start();
  expect(line.isSound).toBe(true);
});

test.each(['"', "#"])("%s is not for quotes", (text) => {
  const line = new LineBytes();
  line.put(text);
  expect(line.isSound).toBe(true);
  line.putQuoted(text);
  expect(line.isSound).toBe(false);
});

test("what does not fit is refused, whatever it is", () => {
  for (const more of [(one: LineBytes) => one.put("xx"), (one: LineBytes) => (one.putNumber(10), one.putByte(1))]) {
    const line = new LineBytes();
    line.put("x".repeat(4095));
    expect(line.isSound).toBe(true);
    more(line);
    line.putByte(0x78);
    line.putByte(0x78);
    expect(line.isSound).toBe(false);
    expect(line.length).toBe(4096);
  }
});
