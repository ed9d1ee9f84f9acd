/** What a session leaves behind: counters, and the record that logs are made of. */
import { clockMs } from "../../clock.ts";
import type { SessionRecord } from "../../session-record.ts";
import type { Cause, Phase } from "./server-search.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";

/** Adds the bytes that a session moved to the counters of everything it goes through. */
export function accountBytes(
  { sessions, front, listener, at, target }: SessionContext,
  bytesIn: number,
  bytesOut: number,
): void {
  sessions.bytesOut.counted += bytesIn + bytesOut;
  addBytes(front.counters, bytesIn, bytesOut);
  addBytes(listener, bytesIn, bytesOut);
  if (at !== null) addBytes(at.counters, bytesIn, bytesOut);
  if (target !== null) addBytes(target.counters, bytesIn, bytesOut);
}

function addBytes(counters: { bytesIn: number; bytesOut: number }, bytesIn: number, bytesOut: number): void {
  counters.bytesIn += bytesIn;
  counters.bytesOut += bytesOut;
}

/** Adds a finished session to the counters of everything it went through. Its bytes are counted apart. */
export function account(session: Session, cause: Cause, phase: Phase): void {
  const { front, at, target } = session;
  if (phase === "R" && (cause === "C" || cause === "c")) front.counters.requestErrors += 1;
  if (at === null) return;
  const { queuedMs, connectedMs, endedMs } = session;
  for (const counters of target === null ? [at.counters] : [at.counters, target.counters]) {
    if (phase === "D") {
      if (cause === "C" || cause === "c") counters.clientAborts += 1;
      else if (cause === "S" || cause === "s") counters.serverAborts += 1;
    } else if (cause === "C" && (phase === "C" || phase === "Q")) counters.clientAborts += 1;
    if (queuedMs < 0) continue;
    counters.queueMs.add(queuedMs - session.handshakeMs);
    if (connectedMs < 0) continue;
    counters.connectMs.add(connectedMs - queuedMs);
    counters.totalMs.add(endedMs);
  }
}

/** The session as the access log tells it, now. Gauges as they stand. */
export function recordOf(session: SessionContext, unfinished: boolean): SessionRecord {
  const { front, at, target, listener, serverSide, queuedMs, connectedMs, handshakeMs } = session;
  return {
    id: session.sessionId,
    frontend: front.plan.name,
    backend: at === null ? front.plan.name : at.plan.name,
    server: target === null ? null : target.name,
    listener: listener.plan.name,
    listenerId: listener.id,
    client: session.source,
    frontendAddress: session.destination,
    backendSource: serverSide === null ? null : serverSide.source,
    serverAddress: serverSide === null ? null : serverSide.destination,
    acceptedAt: session.acceptedAt,
    handshakeMs,
    queueMs: queuedMs < 0 ? -1 : queuedMs - handshakeMs,
    connectMs: connectedMs < 0 ? -1 : connectedMs - queuedMs,
    totalMs: session.endedMs < 0 ? Math.floor(clockMs() - session.startedAt) : session.endedMs,
    unfinished,
    bytesIn: session.bytesIn,
    bytesOut: session.bytesOut,
    termination: session.termination,
    processConnections: front.process.current,
    frontendConnections: front.counters.current,
    backendConnections: at === null ? 0 : at.counters.current,
    serverConnections: target === null ? 0 : target.counters.current,
    retries: session.retries,
    redispatched: session.isRedispatched,
    serverQueue: session.serverQueue,
    backendQueue: session.backendQueue,
    uniqueId: session.uniqueId(),
    logLevel: session.logLevel,
    hint: session.hint,
  };
}
