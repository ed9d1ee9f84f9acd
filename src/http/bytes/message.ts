/** What it takes to read one message after the other: borrowed for an exchange, so that idle connections have none. */
import { Framing } from "../../wire/http/framing.ts";
import { type HeadKind, type HeadLimits, HeadReader } from "../../wire/http/head-reader.ts";
import { BodyFlow } from "./body-flow.ts";

/** A reader with what it has read: head, framing, and how far the body has come. */
export class Message {
  readonly reader: HeadReader;
  readonly framing = new Framing();
  readonly body = new BodyFlow();

  constructor(
    kind: HeadKind,
    readonly limits: HeadLimits,
    readonly acceptsInvalid: boolean,
  ) {
    this.reader = new HeadReader(kind, limits, acceptsInvalid);
  }
}

/** Which byte of a head, counted from its first, only `accept-invalid-http-*` lets through; -1: none. */
export function strictFaultAt({ reader, limits }: Message, bytes: Uint8Array, from: number, end: number): number {
  const strict = new HeadReader(reader.kind, limits);
  return strict.read(bytes, from, end) === "refused" ? strict.faultAt : -1;
}

/** As many as are kept while nobody needs them. */
const mostKept = 256;

/** Those of one kind that nobody uses now. */
export class Messages {
  readonly #free: Message[] = [];

  constructor(readonly kind: HeadKind) {}

  take(limits: HeadLimits, acceptsInvalid: boolean): Message {
    const free = this.#free;
    const last = free[free.length - 1];
    if (last !== undefined && last.limits === limits && last.acceptsInvalid === acceptsInvalid) {
      free.length -= 1;
      return last;
    }
    return new Message(this.kind, limits, acceptsInvalid);
  }

  /** Nobody may use it, or what was read by it, any more. */
  give(message: Message): void {
    message.reader.reset();
    message.body.coder = null;
    if (this.#free.length < mostKept) this.#free.push(message);
  }
}
