/** The last message of its kind that was none, or not a strict one: what `show errors` shows. */
import type { SocketAddress } from "../../address.ts";

/**
 * What was being read: a head, one that was let through all the same (`accept-invalid-http-*`), a field that says something wrong,
 * the size of a chunk, what follows one, trailers.
 */
export type FaultyPart = "head" | "accepted" | "field" | "chunk-size" | "chunk-end" | "trailers";

/** A proxy or a server. */
export interface Named {
  readonly name: string;
  readonly id: number;
}

export interface CapturedFault {
  /** Date, ms. */
  readonly at: number;
  /** How many had been captured before. */
  readonly event: number;
  readonly client: SocketAddress;
  readonly listenerId: number;
  /** Of a request: where it was to go; of a response: where its request came from. Null: not known yet. */
  readonly other: Named | null;
  readonly server: Named | null;
  /** No request came before on that connection. */
  readonly isFirst: boolean;
  /** Its request would have another one follow. */
  readonly isPersistent: boolean;
  readonly part: FaultyPart;
  /** Own copy: of the message as much as there was, from the head or from somewhere in its body. */
  readonly bytes: Uint8Array;
  /** Which of them is wrong; of a field, where it begins. */
  readonly position: number;
  /** Most that can be captured. */
  readonly bufferBytes: number;
}

/** A copy of at most as many bytes as may be captured. */
export function capturedBytes(bytes: Uint8Array, from: number, end: number, most: number): Uint8Array {
  const copy = new Uint8Array(Math.max(0, Math.min(end - from, most)));
  copy.set(bytes.subarray(from, from + copy.length));
  return copy;
}
