/** When a relay has been idle too long, and whose fault that is: HAProxy's rules as arithmetic, without a clock or a socket. */
import type { RelayLimits } from "../transport.ts";

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
  const atMs = idleAt(client, server, limits);
  const isClient = clientStalledAt(client, limits) === atMs || clientSilentAt(client, limits) === atMs;
  const stalled = isClient ? clientStalledAt(client, limits) : serverStalledAt(server, limits);
  const isStalled = stalled === atMs && atMs < Infinity;
  return { side: isClient ? "client" : "server", atMs, fault: isStalled ? "stalled" : "silent" };
}

/** The same instant, with nobody blamed: asked for in every session, where a blame mostly is not. */
export function idleAt(client: SideActivity, server: SideActivity, limits: IdleLimits): number {
  return Math.min(
    clientStalledAt(client, limits),
    clientSilentAt(client, limits),
    serverStalledAt(server, limits),
    serverSilentAt(server, limits),
  );
}

function clientStalledAt(client: SideActivity, { tunnelMs, clientMs, clientIndependent }: IdleLimits): number {
  return stalledAt(client, tunnelMs || clientMs, clientIndependent);
}

function clientSilentAt(client: SideActivity, limits: IdleLimits): number {
  return silentAt(client, limits.tunnelMs || limits.clientMs, limits.clientFinMs, limits.clientIndependent);
}

function serverStalledAt(server: SideActivity, { tunnelMs, serverMs, serverIndependent }: IdleLimits): number {
  return stalledAt(server, tunnelMs || serverMs, serverIndependent);
}

function serverSilentAt(server: SideActivity, limits: IdleLimits): number {
  return silentAt(server, limits.tunnelMs || limits.serverMs, limits.serverFinMs, limits.serverIndependent);
}

function stalledAt({ writing, heardAt, toldAt }: SideActivity, idleMs: number, isIndependent: boolean): number {
  if (!writing || idleMs === 0) return Infinity;
  return (isIndependent ? toldAt : Math.max(heardAt, toldAt)) + idleMs;
}

function silentAt(side: SideActivity, idleMs: number, finMs: number, isIndependent: boolean): number {
  const limitMs = side.shut && finMs > 0 ? finMs : idleMs;
  if (!side.reading || limitMs === 0) return Infinity;
  return (isIndependent ? side.heardAt : Math.max(side.heardAt, side.toldAt)) + limitMs;
}
