/** A message's body on its way from one connection to another: where it ends, and which bytes of it go on. */
import { type ChunkFault, ChunkReader, lastChunk, writeTrailers } from "../../wire/http/chunks.ts";
import type { Body } from "../../wire/http/framing.ts";
import type { HeadLimits } from "../../wire/http/head-reader.ts";
import { putChunk } from "./chunk-out.ts";
import type { Coder } from "./coder.ts";
import type { Inbox } from "./inbox.ts";
import type { Outgoing } from "./outgoing.ts";

/** How a body goes on: as it comes, without its chunks, or in chunks of ours. */
export type BodyForm = "same" | "plain" | "chunked";

/** One object a direction of a connection does for one message after the other. */
export class BodyFlow {
  kind: Body = "none";
  /** All has come and gone on. */
  isDone = true;
  /** Of "length": what is still to come. */
  left = 0;
  form: BodyForm = "same";
  /** What the body goes through; null: nothing. It goes out in chunks then, whatever `form` says. */
  coder: Coder | null = null;
  /** What is wrong with a chunk, once `pass` has said so. */
  fault: ChunkFault | null = null;
  #chunks: ChunkReader | null = null;

  begin(kind: Body, length: number, limits: HeadLimits): void {
    this.kind = kind;
    this.left = length;
    this.form = "same";
    this.coder = null;
    this.fault = null;
    this.isDone = kind === "none" || (kind === "length" && length === 0);
    if (kind !== "chunked") return;
    this.#chunks ??= new ChunkReader(limits);
    this.#chunks.reset();
  }

  /** What was read when `fault` was found. */
  get faultyPart(): "chunk-size" | "chunk-end" | "trailers" {
    const { fault } = this;
    if (fault === "chunk-end") return "chunk-end";
    return fault === null || fault.startsWith("chunk-") || fault === "line-end" ? "chunk-size" : "trailers";
  }

  /** It ends here: its connection has, and that is what ends it. */
  end(out: Outgoing): void {
    this.isDone = true;
    if (this.form === "chunked") out.put(lastChunk, 0, lastChunk.length);
  }

  /** Takes out of `inbox` what belongs to the body and puts it into `out`; null: nobody gets it. False: a chunk is none. */
  pass(inbox: Inbox, out: Outgoing | null): boolean {
    if (this.isDone || inbox.length === 0) return true;
    const isSound = this.kind === "chunked" ? this.#passChunks(inbox, out) : this.#passPlain(inbox, out);
    const { coder } = this;
    if (coder !== null && out !== null) {
      if (this.isDone) this.#finish(coder, out);
      else coder.flush(out);
    }
    return isSound;
  }

  #passPlain(inbox: Inbox, out: Outgoing | null): boolean {
    const count = this.kind === "length" ? Math.min(this.left, inbox.length) : inbox.length;
    if (out !== null) this.#put(out, inbox.bytes, inbox.from, inbox.from + count);
    inbox.take(count);
    if (this.kind !== "length") return true;
    this.left -= count;
    if (this.left > 0) return true;
    this.isDone = true;
    if (this.form === "chunked" && out !== null) out.put(lastChunk, 0, lastChunk.length);
    return true;
  }

  #put(out: Outgoing, bytes: Uint8Array, from: number, end: number): void {
    if (this.coder !== null) this.coder.put(out, bytes, from, end);
    else if (this.form === "chunked") putChunk(out, bytes, from, end);
    else out.put(bytes, from, end);
  }

  /** The end of what goes through a coder. */
  #finish(coder: Coder, out: Outgoing): void {
    coder.finish(out);
    const trailers = this.kind === "chunked" ? this.#chunks?.trailers : undefined;
    if (trailers === undefined) return out.put(lastChunk, 0, lastChunk.length);
    out.put(lastChunk, 0, 3);
    out.write(trailers.bytes + 2, (into, at) => writeTrailers(trailers, into, at));
  }

  #passChunks(inbox: Inbox, out: Outgoing | null): boolean {
    const chunks = this.#chunks as ChunkReader;
    const isUnpacked = this.form === "plain" || this.coder !== null;
    return isUnpacked ? this.#unpack(chunks, inbox, out) : this.#forward(chunks, inbox, out);
  }

  #forward(chunks: ChunkReader, inbox: Inbox, out: Outgoing | null): boolean {
    for (;;) {
      const { bytes, from } = inbox;
      const progress = chunks.pass(bytes, from, inbox.end);
      if (out !== null) out.put(bytes, from, chunks.passEnd);
      inbox.take(chunks.at - from);
      if (progress === "gap") continue;
      if (progress === "refused") return this.#refuse(chunks);
      if (progress === "need-more") return true;
      this.isDone = true;
      const { trailers } = chunks;
      if (out !== null) out.write(trailers.bytes + 2, (into, at) => writeTrailers(trailers, into, at));
      return true;
    }
  }

  /** For a client that knows no chunks, or a coder that makes its own. */
  #unpack(chunks: ChunkReader, inbox: Inbox, out: Outgoing | null): boolean {
    for (;;) {
      const { bytes, from } = inbox;
      const progress = chunks.next(bytes, from, inbox.end);
      if (progress === "data" && out !== null) this.#put(out, bytes, chunks.dataFrom, chunks.dataEnd);
      inbox.take(chunks.at - from);
      if (progress === "data") continue;
      if (progress === "refused") return this.#refuse(chunks);
      if (progress === "done") this.isDone = true;
      return true;
    }
  }

  #refuse(chunks: ChunkReader): false {
    this.fault = chunks.fault;
    return false;
  }
}

/**
 * What is there of a chunked body, without its chunks, at most `limitBytes`; whether that is all, and whether more of it can come: not
 * behind a chunk that is none.
 */
export function unchunked(
  inbox: Inbox,
  limits: HeadLimits,
  limitBytes: number,
): { readonly bytes: Uint8Array; readonly isWhole: boolean; readonly isOver: boolean } {
  const chunks = new ChunkReader(limits);
  const bytes = new Uint8Array(Math.min(inbox.length, limitBytes));
  let [length, at] = [0, inbox.from];
  for (;;) {
    const progress = chunks.next(inbox.bytes, at, inbox.end);
    at = chunks.at;
    if (progress !== "data") {
      const isWhole = progress === "done";
      return { bytes: bytes.subarray(0, length), isWhole, isOver: isWhole || progress === "refused" };
    }
    const data = inbox.bytes.subarray(
      chunks.dataFrom,
      Math.min(chunks.dataEnd, chunks.dataFrom + bytes.length - length),
    );
    bytes.set(data, length);
    length += data.length;
  }
}
