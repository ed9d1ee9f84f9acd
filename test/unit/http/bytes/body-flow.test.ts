import { describe, expect, test } from "bun:test";
import { BodyFlow, type BodyForm, unchunked } from "../../../../src/http/bytes/body-flow.ts";
import { Inbox } from "../../../../src/http/bytes/inbox.ts";
import { Outgoing } from "../../../../src/http/bytes/outgoing.ts";
import type { Body } from "../../../../src/wire/http/framing.ts";
import { Sink } from "../sink.ts";

const limits = { bytes: 1024, fields: 20, target: 100 };

/** What goes on of `text` when it comes in pieces of `size`; what is left behind the body; whether it was sound. */
function flow(kind: Body, length: number, form: BodyForm, text: string, size: number): unknown {
  const [body, inbox, out, sink] = [new BodyFlow(), new Inbox(), new Outgoing(), new Sink()];
  body.begin(kind, length, limits);
  body.form = form;
  let isSound = true;
  const shared = Buffer.alloc(size);
  for (let at = 0; at < text.length; at += size) {
    const count = shared.write(text.slice(at, at + size), "latin1");
    inbox.give(shared, count);
    out.begin(sink);
    isSound &&= body.pass(inbox, out);
    out.end();
    inbox.keep();
    // The buffer is used again.
    shared.fill(0);
  }
  return { sent: sink.text, left: Buffer.from(inbox.copy()).toString("latin1"), isDone: body.isDone, isSound };
}

const chunked = "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\nGET /";

describe("body flow", () => {
  test("a body of a length ends there, however it comes", () => {
    for (let size = 1; size <= 9; size++) {
      expect(flow("length", 5, "same", "helloGET", size)).toEqual({
        sent: "hello",
        left: "GET",
        isDone: true,
        isSound: true,
      });
    }
  });

  test("chunks go on without extensions and with trailers, however they come", () => {
    for (let size = 1; size <= chunked.length; size++) {
      expect(flow("chunked", 0, "same", chunked, size)).toEqual({
        sent: "5\r\nhello\r\n1\r\n!\r\n0\r\na: b\r\n\r\n",
        left: "GET /",
        isDone: true,
        isSound: true,
      });
    }
  });

  test("chunks are taken apart for who knows none", () => {
    for (let size = 1; size <= chunked.length; size++) {
      expect(flow("chunked", 0, "plain", chunked, size)).toMatchObject({ sent: "hello!", left: "GET /", isDone: true });
    }
  });

  test("what is no chunk is told", () => {
    expect(flow("chunked", 0, "same", "x\r\n", 3)).toMatchObject({ isSound: false, isDone: false });
  });

  test("bytes until the close may go on in chunks", () => {
    expect(flow("until-close", 0, "chunked", "hello", 5)).toMatchObject({ sent: "5\r\nhello\r\n", isDone: false });
  });

  test("what is there of a chunked body can be looked at without taking it", () => {
    const inbox = new Inbox();
    const bytes = Buffer.from("5\r\nhello\r\n3\r\nab", "latin1");
    inbox.give(bytes, bytes.length);
    expect(Buffer.from(unchunked(inbox, limits, 100).bytes).toString()).toBe("helloab");
    expect(Buffer.from(unchunked(inbox, limits, 3).bytes).toString()).toBe("hel");
    const ends = ["1\r\na\r\n", "1\r\na\r\n0\r\n\r\n", "1\r\na\r\nx\r\n"].map((text) => {
      const own = new Inbox();
      own.give(Buffer.from(text), text.length);
      const { isWhole, isOver } = unchunked(own, limits, 100);
      return [isWhole, isOver];
    });
    expect(ends).toEqual([
      [false, false],
      [true, true],
      [false, true],
    ]);
    expect(inbox.length).toBe(bytes.length);
  });
});
