/** What a session's log line tells of its client's TLS. */
import { cipherName, noCipher } from "../../../rules/tls-view.ts";
import type { SessionRecord } from "../../../session-record.ts";
import { newestProtocol, type TlsFacts } from "../../../tls-facts.ts";

/** Of a client of a listener that speaks it. Null: nothing is known of it so far. */
export function tlsRecord(facts: TlsFacts | null): NonNullable<SessionRecord["tls"]> {
  if (facts === null) return { protocol: newestProtocol, cipher: noCipher };
  return { protocol: facts.protocol, cipher: cipherName(facts) };
}
