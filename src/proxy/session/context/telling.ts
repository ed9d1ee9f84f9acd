/** What a session tells of itself: the events that logs are made of. */
import type { SessionRecord } from "../../../session-record.ts";
import type { SessionContext } from "./session-context.ts";

/** Its connection has passed the rules, or its request has come: the line of a frontend whose log has no format. */
export function tellAccepted({ front, source, destination, listener }: SessionContext): void {
  front.process.emit({
    type: "accepted",
    frontend: front.plan,
    client: source,
    frontendAddress: destination,
    listenerId: listener.id,
  });
}

/** It came to nothing before it was a session. `reason`: in HAProxy's words. */
export function tellFailed(session: SessionContext, record: SessionRecord, reason: string): void {
  const { process, plan } = session.front;
  process.emit({ type: "connection-failed", frontend: plan, record, samples: session, reason });
}

/** Its line. `early`: it goes on. */
export function tell(session: SessionContext, record: SessionRecord, early = false): void {
  const { process, plan } = session.front;
  process.emit({ type: "session", frontend: plan, record, samples: session, early });
}
