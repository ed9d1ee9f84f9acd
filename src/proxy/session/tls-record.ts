/** What a session's log line tells of its client's TLS. */
import type { BindTlsPlan } from "../../plan/tls.ts";
import { cipherName, noCipher } from "../../rules/tls-view.ts";
import type { SessionRecord } from "../../session-record.ts";
import { newestProtocol, type TlsFacts } from "../../tls-facts.ts";

/** Null: its listener speaks none. */
export function tlsRecord(plan: BindTlsPlan | null, facts: TlsFacts | null): NonNullable<SessionRecord["tls"]> | null {
  if (plan === null) return null;
  if (facts === null) return { protocol: newestProtocol, cipher: noCipher };
  return { protocol: facts.protocol, cipher: cipherName(facts) };
}
