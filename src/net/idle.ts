/** When a relay has been idle too long, and whose fault that is: HAProxy's rules as arithmetic, without a clock or a socket. */
import type { RelayLimits } from "./transport.ts";

/** The limits that idling is measured against; 0 means none. */
export type IdleLimits = Pick<RelayLimits, "clientMs" | "serverMs" | "tunnelMs" | "clientFinMs" | "serverFinMs">;

/** What one side of a relay is doing. */
export interface SideActivity {
  /** Monotonic ms: when bytes last came from this side or went to it, when it began not to take them, or when reading it went on. */
  activeAt: number;
  /** Bytes are waited for from this side: it has not finished, and nothing stops us from reading. */
  reading: boolean;
  /** Bytes are waiting because this side does not take them. */
  writing: boolean;
  /** A FIN was sent to this side. */
  shut: boolean;
}

/** The side that is blamed, when, and for what; `atMs` is Infinity while no limit runs. */
export interface IdleDeadline {
  readonly side: "client" | "server";
  readonly atMs: number;
  /** "silent": nothing comes from it; "stalled": it does not take what is sent. */
  readonly fault: "silent" | "stalled";
}

/**
 * The instant at which the relay times out unless something moves, with the side that HAProxy would blame.
 *
 * Each side has one limit: `tunnel` where it is given, else `client` or `server`. Waiting for bytes from a side that a FIN was sent
 * to has its `-fin` limit instead, where given. Any byte from or to a side counts for that side; a side that we
 * stopped reading, because the other does not take its bytes, is never blamed. The client is looked at first.
 */
export function idleDeadline(client: SideActivity, server: SideActivity, limits: IdleLimits): IdleDeadline {
  const ofClient = sideDeadline("client", client, limits.tunnelMs || limits.clientMs, limits.clientFinMs);
  const ofServer = sideDeadline("server", server, limits.tunnelMs || limits.serverMs, limits.serverFinMs);
  return ofClient.atMs <= ofServer.atMs ? ofClient : ofServer;
}

function sideDeadline(side: IdleDeadline["side"], activity: SideActivity, idleMs: number, finMs: number): IdleDeadline {
  const silentAt = activity.reading
    ? activity.activeAt + (activity.shut && finMs > 0 ? finMs : idleMs || Infinity)
    : Infinity;
  const stalledAt = activity.writing ? activity.activeAt + (idleMs || Infinity) : Infinity;
  return activity.writing && stalledAt <= silentAt
    ? { side, atMs: stalledAt, fault: "stalled" }
    : { side, atMs: silentAt, fault: "silent" };
}
