/** SSH_MSG_DISCONNECT (RFC 4253, section 11.1): why a side ends the connection, in its own words. */
import { sshTextMostBytes } from "../../ssh-facts.ts";
import { formatSshPacket, sshMessages } from "./packet.ts";

/**
 * An unencrypted packet, to be sent after an identification line. The text is cut to what clients show, between characters.
 *
 * Reasons are those of RFC 4250, section 4.2.2: 7 service not available, 11 by application, 12 too many connections.
 */
export function formatSshDisconnect(reason: number, description: string): Uint8Array {
  const text = cutText(new TextEncoder().encode(description));
  const payload = new Uint8Array(9 + text.length + 4);
  const view = new DataView(payload.buffer);
  view.setUint8(0, sshMessages.disconnect);
  view.setUint32(1, reason);
  view.setUint32(5, text.length);
  payload.set(text, 9);
  return formatSshPacket(payload);
}

function cutText(text: Uint8Array): Uint8Array {
  let end = Math.min(text.length, sshTextMostBytes);
  // Of UTF-8, bytes that go on with a character are 10xxxxxx.
  if (end < text.length) while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
