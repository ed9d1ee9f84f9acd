/** What is held while the proxy decides: who peeks gets what has come, whole, once; a loss is told once. */
import { expect, test } from "bun:test";
import { BaseConnection } from "../../../src/net/base-connection.ts";
import type { Peeked } from "../../../src/net/transport.ts";

class FakeConnection extends BaseConnection {
  wanted = false;

  protected want(): void {
    this.wanted = true;
  }

  protected unwant(): void {
    this.wanted = false;
  }

  comes(text: string): void {
    this.hold(Buffer.from(text));
  }

  finishes(): void {
    this.ended = true;
    this.answer("end");
  }

  isLost(code: string): void {
    this.lostCode = code;
    this.closed = true;
    this.answer("lost");
    this.tellLost();
  }
}

const told = ({ bytes, state }: Peeked): string => `${Buffer.from(bytes).toString()} ${state}`;

test("bytes are wanted until there are enough, and stay until they are consumed", async () => {
  const one = new FakeConnection();
  const peeked = one.peek(4, 100, 0);
  one.comes("ab");
  expect(one.wanted).toBe(true);
  one.comes("cde");
  expect([told(await peeked), one.wanted]).toEqual(["abcde open", false]);
  one.consume(3);
  expect(told(await one.peek(1, 1, 0))).toBe("d open");
  expect([one.unread(1), one.unread(10)]).toEqual([1, 2]);
});

test("no more than the limit is waited for", async () => {
  const one = new FakeConnection();
  const peeked = one.peek(10, 3, 0);
  one.comes("abcd");
  expect(told(await peeked)).toBe("abc open");
});

test("the end, a loss and the deadline end the waiting with what there is", async () => {
  const ended = new FakeConnection();
  const end = ended.peek(4, 100, 0);
  ended.comes("ab");
  ended.finishes();
  expect([told(await end), told(await ended.peek(9, 9, 0))]).toEqual(["ab end", "ab end"]);
  const lost = new FakeConnection();
  const loss = lost.peek(4, 100, 0);
  lost.comes("ab");
  lost.isLost("ECONNRESET");
  expect(told(await loss)).toBe("ab lost");
  const late = new FakeConnection();
  const timeOut = late.peek(4, 100, 1);
  late.comes("ab");
  expect([told(await timeOut), late.wanted]).toEqual(["ab timeout", false]);
});

test("a loss is told once, also to who listens afterwards, and not to who has removed the listener", async () => {
  const one = new FakeConnection();
  const heard: string[] = [];
  one.isLost("ECONNRESET");
  one.onLost = (code) => heard.push(code);
  await Promise.resolve();
  one.isLost("EPIPE");
  expect(heard).toEqual(["ECONNRESET"]);
  const other = new FakeConnection();
  other.onLost = (code) => heard.push(code);
  other.onLost = null;
  other.isLost("ECONNRESET");
  expect(heard).toHaveLength(1);
});
