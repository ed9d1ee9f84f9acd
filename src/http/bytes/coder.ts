/** What makes something else of a body on its way. */
import type { Outgoing } from "./outgoing.ts";

/** Its body goes out in chunks. Between two calls of `flush` all is put within one turn. */
export interface Coder {
  put(out: Outgoing, bytes: Uint8Array, from: number, end: number): void;
  /** All that was put goes out as far as the other side needs to have it. */
  flush(out: Outgoing): void;
  /** Nothing more comes; the last chunk is written behind it. */
  finish(out: Outgoing): void;
}
