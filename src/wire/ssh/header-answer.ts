/** What a server of SSH says to a PROXY header that it takes for its client's first line. */
import { sshMessages } from "./packet.ts";

/** Two wordings of OpenSSH's, old and new, with which its own identification may stand in front, and MINA's. */
const complaints = [
  "Invalid SSH identification string",
  "Protocol mismatch",
  "Bad protocol version identification",
  "Unsupported protocol version: PROXY ",
];
/** Section 6.1 of RFC 4253: what every implementation must take. */
const packetMostBytes = 35_000;
/** Length, padding's length, message, and a DISCONNECT's reason. */
const tellingBytes = 10;
/** Reasons (RFC 4253, section 11.1) that a client's odd first line may have: protocol error, key exchange failed, version. */
const oddLineReasons: ReadonlySet<number> = new Set([2, 3, 8]);

/**
 * What its first bytes come to. "refused": it complains; "other": it speaks something else, or refuses for a reason of its own; "open": it takes more to tell. A number:
 * it has begun with a packet that ends there, as it does whatever its client says: only more than that is an answer.
 */
export function sshAnswer(seen: string): "refused" | "other" | "open" | number {
  if (isComplaint(seen)) return "refused";
  if (!seen.startsWith("SSH-")) return mayBeComplaint(seen) || "SSH-".startsWith(seen) ? "open" : "other";
  const end = seen.indexOf("\n") + 1;
  if (end === 0) return "open";
  const rest = seen.slice(end);
  if (isComplaint(rest)) return "refused";
  if (rest.length < 4 || mayBeComplaint(rest)) return "open";
  const length = uint32(rest, 0);
  if (length > packetMostBytes) return "other";
  if (rest.length < tellingBytes) return "open";
  const isRefusal = rest.charCodeAt(5) === sshMessages.disconnect && !oddLineReasons.has(uint32(rest, 6));
  return isRefusal ? "other" : end + 4 + length;
}

function uint32(text: string, at: number): number {
  const [one, two, three, four] = [0, 1, 2, 3].map((index) => text.charCodeAt(at + index));
  return (one ?? 0) * 0x1000000 + ((two ?? 0) << 16) + ((three ?? 0) << 8) + (four ?? 0);
}

function isComplaint(text: string): boolean {
  return complaints.some((one) => text.startsWith(one));
}

function mayBeComplaint(text: string): boolean {
  return complaints.some((one) => one.startsWith(text));
}
