/** When a relay has been idle too long, and whose fault that is: HAProxy's rules as arithmetic, without a clock or a socket. */
import type { RelayLimits } from "./transport.ts";

/** The limits that idling is measured against; 0 means none. */
export type IdleLimits = Pick<
  RelayLimits,
  "clientMs" | "serverMs" | "tunnelMs" | "clientFinMs" | "serverFinMs" | "clientIndependent" | "serverIndependent"
>;

/** What one side of a relay is doing. */
export interface SideActivity {
  /** Monotonic ms: when bytes last came from this side, or when waiting for them began (anew). */
  heardAt: number;
  /** Monotonic ms: when bytes last went to this side, or when it began not to take them. */
  toldAt: number;
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
 * to has its `-fin` limit instead, where given. Any byte from or to a side counts for that side, unless its directions
 * are independent; a side that we stopped reading, because the other does not take its bytes, is never blamed. The client is looked at first.
 */
export function idleDeadline(client: SideActivity, server: SideActivity, limits: IdleLimits): IdleDeadline {
  const { tunnelMs, clientFinMs, serverFinMs, clientIndependent, serverIndependent } = limits;
  const ofClient = sideDeadline("client", client, tunnelMs || limits.clientMs, clientFinMs, clientIndependent);
  const ofServer = sideDeadline("server", server, tunnelMs || limits.serverMs, serverFinMs, serverIndependent);
  return ofClient.atMs <= ofServer.atMs ? ofClient : ofServer;
}

function sideDeadline(
  side: IdleDeadline["side"],
  activity: SideActivity,
  idleMs: number,
  finMs: number,
  isIndependent: boolean,
): IdleDeadline {
  const { heardAt, toldAt } = activity;
  const activeAt = Math.max(heardAt, toldAt);
  const silentAt = activity.reading
    ? (isIndependent ? heardAt : activeAt) + (activity.shut && finMs > 0 ? finMs : idleMs || Infinity)
    : Infinity;
  const stalledAt = activity.writing ? (isIndependent ? toldAt : activeAt) + (idleMs || Infinity) : Infinity;
  return activity.writing && stalledAt <= silentAt
    ? { side, atMs: stalledAt, fault: "stalled" }
    : { side, atMs: silentAt, fault: "silent" };
}
