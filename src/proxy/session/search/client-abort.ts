/** Looks for the client's leaving, or its silence, while it waits for a server. */
import type { Connection } from "../../../net/transport.ts";
import type { Backend } from "../../backend/backend.ts";
import type { Frontend } from "../../frontend/frontend.ts";
import type { Cause, Phase } from "./seeker.ts";

/** A session whose client waits. */
export interface WaitingSession {
  readonly client: Connection;
  readonly front: Frontend;
  readonly at: Backend | null;
  /** False: there is nothing to be looked for any more. */
  readonly isWaiting: boolean;
  /** Whole milliseconds since it began. */
  elapsed(): number;
  readonly isOver: boolean;
  readonly state: "rules" | "queued" | "connecting" | "relaying";
  /** `timeout client` has passed without a byte. Called once at most. */
  clientSilent(): void;
  /** Ends it while the client's connection is still its own. */
  abandon(cause: Cause, phase: Phase): void;
  /** The same, and cuts a server off. */
  endBoth(cause: Cause, phase: Phase): void;
  /** Something threw. Never throws. */
  fail(error: unknown): void;
}

/** Begins to look, until the client has said all it wants or does not wait any more. Never throws. */
export function lookForAbort(session: WaitingSession): void {
  try {
    session.client.onLost = () => lost(session);
    void watchForEnd(session);
  } catch (error) {
    session.fail(error);
  }
}

/** A reset counts as one in mid-transfer, wherever the session stands; so does HAProxy. */
function lost(session: WaitingSession): void {
  if (session.isOver || session.state === "relaying") return;
  try {
    session.endBoth("C", "D");
  } catch (error) {
    session.fail(error);
  }
}

async function watchForEnd(session: WaitingSession): Promise<void> {
  try {
    await lookForEnd(session);
  } catch (error) {
    session.fail(error);
  }
}

async function lookForEnd(session: WaitingSession): Promise<void> {
  const { client, front } = session;
  const limit = front.process.inspectBytes;
  let isSilent = false;
  for (let have = 0; have < limit;) {
    const silenceLeftMs = have > 0 || isSilent ? 0 : leftMs(session);
    const peeked = await client.peek(have + 1, limit, silenceLeftMs);
    if (!session.isWaiting) return;
    if (peeked.state === "lost") return lost(session);
    if (peeked.state === "timeout") {
      isSilent = true;
      session.clientSilent();
      continue;
    }
    have = peeked.bytes.length;
    if (peeked.state !== "end") continue;
    // A client that has sent all it wanted and waits for the answer is served, unless abortonclose is set.
    if (have === 0 || session.at?.plan.abortOnClose === true)
      session.abandon("C", session.state === "queued" ? "Q" : "C");
    return;
  }
}

/** How long a client that has said nothing may still be silent; 0: for ever. */
function leftMs(session: WaitingSession): number {
  const { clientMs } = session.front.plan.timeouts;
  return clientMs === 0 ? 0 : Math.max(1, clientMs - session.elapsed());
}
