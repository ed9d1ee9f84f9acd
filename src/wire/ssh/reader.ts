/** Reads both directions of a connection as far as SSH speaks in clear text: identification lines and KEXINIT. */
import type { SshChoice, SshFacts, SshSide } from "../../ssh-facts.ts";

/** Bytes that one direction may have until its KEXINIT is whole: lines (8,192) and a packet (35,000). */
export const readMostBytes = 8192 + 35_000;

const nothing: SshSide = { identification: null, offer: null };

/**
 * One session's. Bytes may come in any pieces; what is kept of them is bounded by `readMostBytes` a direction, and nothing is once
 * that direction is read. Never throws, whatever comes.
 */
export class SshReader implements SshFacts {
  client: SshSide = nothing;
  server: SshSide = nothing;
  choice: SshChoice | null = null;
  timeToIdentMs = -1;
  foreign: "client" | "server" | null = null;
  isDone = false;

  /** `connectedAt`: when the server's connection was there, in the monotonic ms that `now` is in. */
  constructor(readonly connectedAt: number) {}

  /** Takes the next bytes of a direction; false: no more of that direction is wanted. Keeps none of `bytes`. */
  take(_from: "client" | "server", _bytes: Uint8Array, _now: number): boolean {
    return false;
  }
}
