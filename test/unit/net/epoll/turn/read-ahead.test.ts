/** Bytes that are read before their connection hears of them. */
import { expect, test } from "bun:test";
import { toArrayBuffer, type Pointer } from "bun:ffi";
import { Places } from "../../../../../src/net/epoll/turn/places.ts";
import { type AheadBytes, aheadBytes, type AheadReader } from "../../../../../src/net/epoll/turn/ahead-bytes.ts";
import { ReadAhead } from "../../../../../src/net/epoll/turn/read-ahead.ts";
import { EPOLLERR, EPOLLIN, EPOLLOUT, EPOLLPRI, epollEventInts } from "../../../../../src/net/libc/epoll-calls.ts";
import { FakeRing } from "../fake-ring.ts";

const EAGAIN = 11;

class Reader implements AheadReader {
  has: AheadBytes | null = null;
  constructor(public aheadFd: number) {}
  get reader(): AheadReader {
    return this;
  }
  ready(): void {}
  tookAhead(bytes: AheadBytes): void {
    this.has = bytes;
  }
  keepAhead(): void {
    if (this.has !== null) this.has = this.has.kept();
  }
  take(room: number): string | number {
    const into = new Uint8Array(room);
    const count = (this.has as AheadBytes).take(into);
    return count < 0 ? count : Buffer.from(into.subarray(0, count)).toString();
  }
}

/** Readers in places, and a kernel that has `texts` for their descriptors. */
function scene(texts: Record<number, string | number>) {
  const log: string[] = [];
  const ring = new FakeRing(log);
  ring.answer = (call) => {
    const [, fd, address, length] = call.split(" ").map(Number) as [number, number, number, number];
    const text = texts[fd] ?? -EAGAIN;
    if (typeof text === "number") return text;
    const memory = Buffer.from(toArrayBuffer(address as Pointer, 0, length));
    return memory.write(text, 0, "latin1");
  };
  const places = new Places(0);
  const ahead = new ReadAhead(ring, places);
  const events = new Int32Array(new ArrayBuffer(256 * epollEventInts * 4));
  let count = 0;
  const told = (reader: Reader | null, flags: number): Reader | null => {
    const place = reader === null ? -1 : places.take(reader);
    events[count * epollEventInts] = flags;
    events[count * epollEventInts + epollEventInts - 2] = place;
    events[count * epollEventInts + epollEventInts - 1] = reader === null ? 0 : places.generation(place);
    count += 1;
    return reader;
  };
  return { log, ring, ahead, told, read: () => ahead.read(events, count), again: () => void (count = 0) };
}

test("what has come is read for all that are told of it in one call, and for nobody else", () => {
  const { log, ahead, told, read } = scene({ 4: "four", 5: 0, 6: "six", 7: -104, 8: "eight" });
  const readers = [4, 5, 6, 7, 8, 9, -1].map((fd) => new Reader(fd)) as Reader[];
  const flags = [EPOLLIN, EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLERR, EPOLLIN, EPOLLIN | EPOLLPRI, EPOLLOUT, EPOLLIN];
  for (const [at, reader] of readers.entries()) told(reader, flags[at] as number);
  told(null, EPOLLIN);
  read();
  expect(log.map((line) => line.match(/receive \d+/g))).toEqual([["receive 4", "receive 5", "receive 7"]]);
  expect(readers.map(({ has }) => has !== null)).toEqual([true, true, false, true, false, false, false]);
  expect([readers[0]?.take(100), readers[1]?.take(100), readers[3]?.take(100)]).toEqual(["four", "", -104]);
  expect(readers[0]?.has?.isTaken).toBe(true);
  ahead.end();
});

test("what is not taken in its turn is kept as it came, whatever is read there next", () => {
  const { ahead, told, read, again } = scene({ 4: "kept until it is wanted", 5: "other", 6: 0, 7: -104 });
  const [late, last, lost] = [4, 6, 7].map((fd) => told(new Reader(fd), EPOLLIN)) as [Reader, Reader, Reader];
  read();
  expect(late.take(5)).toBe("kept ");
  ahead.end();
  again();
  const next = [5, 5, 5].map((fd) => told(new Reader(fd), EPOLLIN)) as Reader[];
  read();
  expect(next.map((one) => one.take(100))).toEqual(["other", "other", "other"]);
  expect([late.take(6), late.has?.isTaken, late.take(100), late.has?.isTaken]).toEqual([
    "until ",
    false,
    "it is wanted",
    true,
  ]);
  expect([last.take(100), last.has?.isTaken, lost.take(100), lost.has?.isTaken]).toEqual(["", true, -104, true]);
});

test("a slot that is full tells that more may be there, and no other does", () => {
  const { told, read } = scene({
    4: "x".repeat(aheadBytes),
    5: "x".repeat(aheadBytes - 1),
    6: "x".repeat(3 * aheadBytes),
  });
  const readers = [4, 5, 6].map((fd) => told(new Reader(fd), EPOLLIN)) as Reader[];
  read();
  expect(readers.map(({ has }) => has?.isCut)).toEqual([true, false, true]);
  // By then it may have come.
  expect(readers[1]?.has?.kept().isCut).toBe(true);
});

test("no more are read ahead in a turn than there is room for, and what the ring has not looked at is for nobody", () => {
  const texts = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [at + 1, `of ${at}`]));
  const { ring, ahead, told, read } = scene(texts);
  ring.most = 50;
  const readers = Array.from({ length: 100 }, (_, at) => told(new Reader(at + 1), EPOLLIN)) as Reader[];
  read();
  expect(readers.filter(({ has }) => has !== null)).toHaveLength(50);
  for (const [at, reader] of readers.entries()) if (reader.has !== null) expect(reader.take(100)).toBe(`of ${at}`);
  ahead.end();
});
