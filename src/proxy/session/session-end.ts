/** What a finished session is to the counters of what it went through. */
import type { Cause, Phase } from "./seeker.ts";
import type { SessionContext } from "./session-context.ts";

/**
 * Adds a finished session, or exchange, to the counters of everything it went through. Its bytes are counted apart.
 * `answeredMs`: when the head of the answer was there; -1: there was none.
 */
export function account(session: SessionContext, cause: Cause, phase: Phase, answeredMs = -1): void {
  const { at, target } = session;
  if (phase === "R" && (cause === "C" || cause === "c")) session.countRequestError();
  if (at === null) return;
  const { queuedMs, connectedMs, endedMs } = session;
  for (const counters of target === null ? [at.counters] : [at.counters, target.counters]) {
    if (phase === "D") {
      if (cause === "C" || cause === "c") counters.clientAborts += 1;
      else if (cause === "S" || cause === "s") counters.serverAborts += 1;
    } else if (cause === "C" && (phase === "C" || phase === "Q")) counters.clientAborts += 1;
    if (queuedMs < 0) continue;
    counters.queueMs.add(queuedMs - session.preparedMs);
    if (connectedMs < 0) continue;
    counters.connectMs.add(connectedMs - queuedMs);
    if (answeredMs >= 0) counters.responseMs.add(answeredMs - connectedMs);
    counters.totalMs.add(endedMs - session.idleForMs);
  }
}
