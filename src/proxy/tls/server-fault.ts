/** What rules and log lines are told of a server's handshake that has failed. */
import type { TlsFailure } from "../../net/tls/secure.ts";
import { factsOfHello, handshakeReasons, type TlsFacts } from "../../tls-facts.ts";

/** `reason` as HAProxy's `bc_err_str` has it; null: it took too long, of which nothing is told there. */
export interface ServerFault {
  readonly reason: string | null;
  readonly facts: TlsFacts;
}

/** A server that is not trusted has shown nothing, as in HAProxy. */
export function serverFault({ kind, facts }: TlsFailure): ServerFault {
  const known = facts === null ? factsOfHello({ error: null }) : { ...facts, peerChain: [], hasFreshPeer: false };
  return { reason: reasonOf(kind, known), facts: known };
}

/** The name that was asked for is told apart from the one that `verifyhost` wants. */
function reasonOf(kind: TlsFailure["kind"], { serverName }: TlsFacts): string | null {
  if (kind === "timeout" || kind === "cancelled") return null;
  if (kind !== "name") return handshakeReasons.failure;
  return serverName === null ? handshakeReasons.otherHost : handshakeReasons.otherName;
}
