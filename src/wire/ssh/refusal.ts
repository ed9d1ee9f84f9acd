/** What servers answer beside SSH when they do not want a client. */
import { latin1 } from "../latin1.ts";

/**
 * What a server's first words tell: "not-ssh" that it could not read what it was sent (a PROXY header it does not speak), "penalty"
 * and "full" that sshd refuses us for what we did or for now (newer sshd says the former of both). Null: nothing of the kind.
 */
export function sshRefusal(bytes: Uint8Array): "not-ssh" | "penalty" | "full" | null {
  const text = latin1(bytes.subarray(0, 256));
  if (/^(?:SSH-[^\r\n]*\r?\n)?(?:Invalid SSH identification string|Protocol mismatch)/.test(text)) return "not-ssh";
  if (text.startsWith("Not allowed at this time")) return "penalty";
  return text.startsWith("Exceeded MaxStartups") ? "full" : null;
}
