/** Reads the PROXY header that a client's side must send first, bounded in bytes and time. */
import { clockMs } from "../../../clock.ts";
import type { FrontendPlan } from "../../../plan/proxy.ts";
import { parseProxyHeader, proxyHeaderReasons, truncationReason } from "../../../wire/proxy-protocol.ts";
import { latin1 } from "../../../wire/latin1.ts";
import type { SessionContext } from "../context/session-context.ts";
import { noteAtBind } from "./mismatch-words.ts";

/** A lost first segment comes again after a second or three: less than this would turn healthy clients away. */
const leastMs = 3000;
/** Where neither `timeout client-hs` nor `timeout client` bounds it. */
const unboundedMs = 10_000;

/**
 * Takes the header off the client's connection and its addresses into the session. Null: done; else why not, in HAProxy's
 * words. The time is `timeout client-hs`, else `timeout client`, though at least 3 s (proxy-protocol.txt, section 2).
 */
export async function readHeader(
  session: SessionContext,
  timeouts: FrontendPlan["timeouts"],
  bufsizeBytes: number,
): Promise<string | null> {
  const { client } = session;
  const allowedMs = timeouts.clientHandshakeMs || Math.max(leastMs, timeouts.clientMs || unboundedMs);
  const deadline = clockMs() + allowedMs;
  for (let atLeast = 1; ;) {
    const leftMs = Math.max(1, deadline - clockMs());
    const { bytes, state } = await client.peek(atLeast, bufsizeBytes, leftMs);
    const parsed = parseProxyHeader(bytes, bufsizeBytes);
    if (parsed.state === "invalid") return without(session, bytes, parsed.reason);
    if (parsed.state === "header") {
      client.consume(parsed.length);
      const { addresses, version, local, tlvs } = parsed.header;
      if (addresses !== null) {
        session.source = { kind: "tcp", ...addresses.source };
        session.destination = { kind: "tcp", ...addresses.destination };
      }
      session.proxyHeader = { version, local, tlvs };
      session.listener.headersFit();
      return null;
    }
    if (state === "timeout") return without(session, bytes, proxyHeaderReasons.timeout);
    if (state === "lost") return proxyHeaderReasons.lost;
    if (state === "end") return bytes.length === 0 ? proxyHeaderReasons.empty : truncationReason(bytes);
    if (bytes.length >= bufsizeBytes) return proxyHeaderReasons.invalid;
    atLeast = parsed.atLeast;
  }
}

/** A client that has sent something else, or less than a header: of SSH's it is known what is set wrongly. */
function without(session: SessionContext, bytes: Uint8Array, reason: string): string {
  if (latin1(bytes.subarray(0, 4)) === "SSH-") noteAtBind(session, "missing");
  return reason;
}
