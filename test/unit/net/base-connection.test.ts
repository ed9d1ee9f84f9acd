/** What is held while the proxy decides: who peeks gets what has come, whole, once; a loss is told once; who leaves is heard of no more. */
import { expect, spyOn, test } from "bun:test";
import { BaseConnection } from "../../../src/net/base-connection.ts";
import type { Peeked } from "../../../src/net/transport.ts";

class FakeConnection extends BaseConnection {
  wanted = false;
  isFull = false;
  readonly log: string[] = [];
  /** As of a runtime that gives a peer less time once all is sent. */
  leavesIn: number | null = null;
  readonly gone = Promise.withResolvers<void>();

  protected want(): void {
    this.wanted = true;
  }

  protected unwant(): void {
    this.wanted = false;
  }

  protected finish(): void {
    this.log.push(this.isLingering ? "finishes, lingering" : "finishes");
    if (this.leavesIn !== null) this.leaveTimer = setTimeout(() => this.hangUp(), this.leavesIn);
  }

  send(buffer: Uint8Array, length: number): boolean {
    this.log.push(`sends ${Buffer.from(buffer.subarray(0, length)).toString()}`);
    return !this.isFull;
  }

  hangUp(): void {
    this.#goes("is closed");
  }

  terminate(): void {
    this.#goes("is reset");
  }

  #goes(how: string): void {
    this.log.push(how);
    this.closed = true;
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    this.gone.resolve();
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

test("who closes finishes once, and whoever peeks is told", async () => {
  const one = new FakeConnection();
  const peeked = one.peek(4, 100, 0);
  one.comes("ab");
  one.close();
  one.close();
  one.closeWith(Buffer.from("in vain"), 1);
  expect([told(await peeked), one.log]).toEqual(["ab lost", ["finishes"]]);
  one.hangUp();
});

test("a last text goes first, and a peer that has taken it but does not close has its time", async () => {
  const one = new FakeConnection();
  one.closeWith(Buffer.from("bye"), 1);
  await one.gone.promise;
  expect(one.log).toEqual(["sends bye", "finishes, lingering", "is closed"]);
});

test("one that does not take it is reset: that is no clean end", async () => {
  const one = new FakeConnection();
  one.isFull = true;
  one.closeWith(Buffer.from("bye"), 1);
  await one.gone.promise;
  expect(one.log.at(-1)).toBe("is reset");
});

test("less time that finishing has given stays", async () => {
  const one = new FakeConnection();
  one.leavesIn = 1;
  const set = spyOn(globalThis, "setTimeout");
  one.close();
  expect(set).toHaveBeenCalledTimes(1);
  set.mockRestore();
  await one.gone.promise;
  expect(one.log).toEqual(["finishes", "is closed"]);
});

test("a reset is at once, and nobody hears of the loss that it is", async () => {
  const one = new FakeConnection();
  const heard: string[] = [];
  one.onLost = (code) => heard.push(code);
  one.reset();
  one.isLost("ECONNRESET");
  one.close();
  await Promise.resolve();
  expect([one.log, heard]).toEqual([["is reset"], []]);
});
