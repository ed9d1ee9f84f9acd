/** What a server of SSH says to a PROXY header that it takes for its client's first line. */

/** Two wordings of OpenSSH's, old and new, with which its own identification may stand in front, and MINA's. */
const complaints = [
  "Invalid SSH identification string",
  "Protocol mismatch",
  "Bad protocol version identification",
  "Unsupported protocol version: PROXY ",
];
/** Section 6.1 of RFC 4253: what every implementation must take. */
const packetMostBytes = 35_000;

/**
 * What its first bytes come to. "refused": it complains; "other": it speaks something else; "open": it takes more to tell. A number:
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
  const length =
    rest.charCodeAt(0) * 0x1000000 + (rest.charCodeAt(1) << 16) + (rest.charCodeAt(2) << 8) + rest.charCodeAt(3);
  return length > packetMostBytes ? "other" : end + 4 + length;
}

function isComplaint(text: string): boolean {
  return complaints.some((one) => text.startsWith(one));
}

function mayBeComplaint(text: string): boolean {
  return complaints.some((one) => one.startsWith(text));
}
