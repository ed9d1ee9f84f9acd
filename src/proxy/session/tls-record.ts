/** What a session's log line tells of its client's TLS. */
import type { BindTlsPlan } from "../../plan/tls.ts";
import { cipherName, noCipher } from "../../rules/tls-view.ts";
import type { SessionRecord } from "../../session-record.ts";
import type { TlsFacts } from "../../tls-facts.ts";

/** Null: its listener speaks none. Before anything is agreed on the newest version stands there, as in HAProxy. */
export function tlsRecord(plan: BindTlsPlan | null, facts: TlsFacts | null): NonNullable<SessionRecord["tls"]> | null {
  if (plan === null) return null;
  if (facts === null) return { protocol: plan.maxVersion, cipher: noCipher };
  return { protocol: facts.protocol, cipher: cipherName(facts) };
}
