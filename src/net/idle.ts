/** When a relay has been idle too long, and whose fault that is: HAProxy's rules as arithmetic, without a clock or a socket. */
import type { RelayLimits } from "./transport.ts";

/** The limits that idling is measured against; 0 means none. */
export type IdleLimits = Pick<RelayLimits, "clientMs" | "serverMs" | "tunnelMs" | "clientFinMs" | "serverFinMs">;

/** What one side of a relay is doing. Instants are monotonic milliseconds. */
export interface SideActivity {
  /** When bytes last came from this side or went to it, or when reading it went on after a pause. */
  readAt: number;
  /** When bytes last went to this side, or when it began not to take them. */
  writtenAt: number;
  /** Bytes are waited for from this side: it has not finished, and nothing stops us from reading. */
  reading: boolean;
  /** Bytes are waiting because this side does not take them. */
  writing: boolean;
  /** A FIN was sent to this side. */
  shut: boolean;
}

/** The side that is blamed, and when; `atMs` is Infinity while no limit runs. */
export interface IdleDeadline {
  readonly side: "client" | "server";
  readonly atMs: number;
}

/**
 * The instant at which the relay times out unless something moves, with the side that HAProxy would blame.
 *
 * Each side has one limit: `tunnel` where it is given, else `client` or `server`; once a FIN was sent to a side, its
 * `-fin` limit where given. A side that is read from is measured from its last byte either way, a side that does not take bytes from the
 * last byte it took; a side that we stopped reading, because the other does not take its bytes, is never blamed.
 */
export function idleDeadline(client: SideActivity, server: SideActivity, limits: IdleLimits): IdleDeadline {
  const clientAt = sideDeadline(client, limits.tunnelMs || limits.clientMs, limits.clientFinMs);
  const serverAt = sideDeadline(server, limits.tunnelMs || limits.serverMs, limits.serverFinMs);
  return clientAt <= serverAt ? { side: "client", atMs: clientAt } : { side: "server", atMs: serverAt };
}

function sideDeadline(side: SideActivity, idleMs: number, finMs: number): number {
  const limit = side.shut && finMs > 0 ? finMs : idleMs;
  if (limit === 0) return Infinity;
  const readDeadline = side.reading ? side.readAt + limit : Infinity;
  const writeDeadline = side.writing ? side.writtenAt + (idleMs || Infinity) : Infinity;
  return Math.min(readDeadline, writeDeadline);
}
