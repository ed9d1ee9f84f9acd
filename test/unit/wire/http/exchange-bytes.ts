/** Reads a connection's bytes as a proxy does, heads and bodies, in given pieces, and tells all of it. */
import { ChunkReader } from "../../../../src/wire/http/chunks.ts";
import type { Fields } from "../../../../src/wire/http/fields.ts";
import { Framing, frameRequest, frameResponse } from "../../../../src/wire/http/framing.ts";
import { HeadReader } from "../../../../src/wire/http/head-reader.ts";
import type { HeadLimits } from "../../../../src/wire/http/head-reader.ts";
import { headLength, writeHead } from "../../../../src/wire/http/head.ts";
import type { Head } from "../../../../src/wire/http/head.ts";

export const limits: HeadLimits = { bytes: 15_360, fields: 101, target: 15_360 };

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

export type Pairs = readonly (readonly [string, string])[];

export function pairsOf(fields: Fields): Pairs {
  return Array.from({ length: fields.count }, (_, index) => [fields.name(index), fields.value(index)] as const);
}

export function written(head: Head): string {
  const into = new Uint8Array(headLength(head) + 1).fill(0xee);
  const end = writeHead(head, into, 0);
  if (end !== into.length - 1 || into[end] !== 0xee) throw new Error(`wrote ${end} of ${into.length - 1}`);
  return textOf(into.subarray(0, end));
}

export interface Message {
  /** As it goes on. */
  readonly head: string;
  /** Method and target, or status, as they came. */
  readonly start: string;
  readonly framing: string;
  body: string;
  trailers: Pairs;
  isWhole: boolean;
}

export interface Reading {
  readonly messages: Message[];
  /** "" while all is well; else what is wrong and with which byte of all. */
  fault: string;
  /** Bytes of whole heads and of bodies, and the rest. */
  taken: number;
}

/** How a reader looks at what follows: requests, or answers to requests of these methods. */
export type Side = "request" | readonly string[];

const kinds = { body: "none" };

/** One direction of a connection, fed piece by piece. */
export class ConnectionReader {
  readonly reading: Reading = { messages: [], fault: "", taken: 0 };
  readonly #heads: HeadReader;
  readonly #framing = new Framing();
  readonly #chunks = new ChunkReader(limits);
  #left = 0;
  #body: string = kinds.body;
  #answered = 0;

  constructor(
    readonly side: Side,
    acceptInvalid = false,
    headLimits = limits,
  ) {
    this.#heads = new HeadReader(side === "request" ? "request" : "response", headLimits, acceptInvalid);
  }

  /** `bytes` up to `end` have come; those behind are none of its business. */
  feed(bytes: Uint8Array, end: number): void {
    while (this.reading.fault === "" && this.#step(bytes, end));
  }

  #step(bytes: Uint8Array, end: number): boolean {
    const at = this.reading.taken;
    if (this.#body === "length") return this.#takeLength(bytes, at, end);
    if (this.#body === "chunked") return this.#takeChunks(bytes, at, end);
    if (this.#body === "tunnel" || this.#body === "until-close") return this.#takeRest(bytes, at, end);
    const progress = this.#heads.read(bytes, at, end);
    if (progress === "whole") return this.#takeHead(at);
    if (progress === "refused") this.reading.fault = `${this.#heads.fault}@${at + this.#heads.faultAt}`;
    return false;
  }

  #takeHead(at: number): boolean {
    const { head } = this.#heads;
    const method = typeof this.side === "string" ? "" : (this.side[this.#answered] ?? "GET");
    const isRequest = this.side === "request";
    const start = isRequest ? `${head.method} ${head.target}` : `${head.status}`;
    const fault = isRequest ? frameRequest(head, this.#framing) : frameResponse(head, method, false, this.#framing);
    if (fault !== null) this.reading.fault = `${fault}@${at + this.#framing.faultAt}`;
    if (fault !== null) return false;
    const { body, length, isPersistent } = this.#framing;
    if (!this.#framing.isInterim) this.#answered += 1;
    this.#body = body;
    this.#left = length;
    this.#chunks.reset();
    this.reading.taken += head.size;
    this.reading.messages.push({
      head: written(head),
      start,
      framing: `${body}${body === "length" ? ` ${length}` : ""}${isPersistent ? "" : " close"}`,
      body: "",
      trailers: [],
      isWhole: body === "none",
    });
    return true;
  }

  #takeLength(bytes: Uint8Array, at: number, end: number): boolean {
    const length = Math.min(this.#left, end - at);
    this.#add(bytes, at, at + length);
    this.#left -= length;
    if (this.#left > 0) return false;
    this.#finish();
    return true;
  }

  #takeRest(bytes: Uint8Array, at: number, end: number): boolean {
    this.#add(bytes, at, end);
    return false;
  }

  #takeChunks(bytes: Uint8Array, at: number, end: number): boolean {
    const progress = this.#chunks.next(bytes, at, end);
    if (progress === "data") this.#add(bytes, this.#chunks.dataFrom, this.#chunks.dataEnd);
    if (progress === "refused") this.reading.fault = `${this.#chunks.fault}@${this.#chunks.at}`;
    this.reading.taken = this.#chunks.at;
    if (progress !== "done") return progress === "data";
    const message = this.reading.messages.at(-1);
    if (message !== undefined) message.trailers = pairsOf(this.#chunks.trailers);
    this.#finish();
    return true;
  }

  #add(bytes: Uint8Array, from: number, end: number): void {
    const message = this.reading.messages.at(-1);
    if (message !== undefined) message.body += textOf(bytes.subarray(from, end));
    this.reading.taken += end - from;
  }

  #finish(): void {
    this.#body = "none";
    const message = this.reading.messages.at(-1);
    if (message !== undefined) message.isWhole = true;
  }
}

/** A message as it goes on, its body in one chunk if in any. */
export function sentOn({ head, framing, body, trailers, isWhole }: Message): string {
  if (!framing.startsWith("chunked")) return head + body;
  const data = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  const last = trailers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return head + data + (isWhole ? `0\r\n${last}\r\n` : "");
}

/** Reads all, cut at these places. What has not come yet reads as `beyond`. */
export function readAll(text: string, side: Side = "request", cuts: readonly number[] = [], beyond = 0x41): Reading {
  const bytes = bytesOf(text);
  const reader = new ConnectionReader(side);
  for (const end of [...cuts, bytes.length]) {
    const come = new Uint8Array(bytes.length + 64).fill(beyond);
    come.set(bytes.subarray(0, end));
    reader.feed(come, end);
  }
  return reader.reading;
}
