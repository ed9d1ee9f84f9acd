/** What a finished session is to the counters of what it went through. */
import type { Counters } from "../backend/counters.ts";
import type { Cause, Phase } from "./search/seeker.ts";
import type { SessionContext } from "./context/session-context.ts";

/**
 * Adds a finished session, or exchange, to the counters of everything it went through. Its bytes are counted apart.
 * `answeredMs`: when the head of the answer was there; -1: there was none.
 */
export function account(session: SessionContext, cause: Cause, phase: Phase, answeredMs = -1): void {
  const { at, target } = session;
  if (phase === "R" && (cause === "C" || cause === "c")) session.countRequestError();
  if (at === null) return;
  if (cause !== "-") {
    countAbort(at.counters, cause, phase);
    if (target !== null) countAbort(target.counters, cause, phase);
  }
  countTimes(at.counters, session, answeredMs);
  if (target !== null) countTimes(target.counters, session, answeredMs);
}

function countAbort(counters: Counters, cause: Cause, phase: Phase): void {
  if (phase === "D") {
    if (cause === "C" || cause === "c") counters.clientAborts += 1;
    else if (cause === "S" || cause === "s") counters.serverAborts += 1;
  } else if (cause === "C" && (phase === "C" || phase === "Q")) counters.clientAborts += 1;
}

function countTimes(counters: Counters, session: SessionContext, answeredMs: number): void {
  const { queuedMs, connectedMs } = session;
  if (queuedMs < 0) return;
  counters.queueMs.add(queuedMs - session.preparedMs);
  if (connectedMs < 0) return;
  counters.connectMs.add(connectedMs - queuedMs);
  if (answeredMs >= 0) counters.responseMs.add(answeredMs - connectedMs);
  counters.totalMs.add(session.endedMs - session.idleForMs);
}
