/** Bytes of a body on their way out as a chunk. */
import { lastChunk, longestChunkHead, writeChunkHead } from "../../wire/http/chunks.ts";
import type { Outgoing } from "./outgoing.ts";

/** One chunk; at least one byte. */
export function putChunk(out: Outgoing, bytes: Uint8Array, from: number, end: number): void {
  out.write(longestChunkHead + 2, (into, at) => writeChunkHead(end - from, into, at));
  out.put(bytes, from, end);
  out.put(lastChunk, 1, 3);
}
