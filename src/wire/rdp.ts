/** The cookie in the first message of an RDP client ([MS-RDPBCGR], section 2.2.1.1). */
import { latin1 } from "./latin1.ts";

/** Bytes before the cookie: TPKT header and the fixed part of the X.224 connection request. */
const headBytes = 11;
const marker = "Cookie: ";
const longestBytes = 1024;

/**
 * Finds `Cookie: NAME=value` CR LF behind the connection request's head; "" asks for a cookie of any name. Names are
 * compared without regard to case. "none": this is not RDP, or has no such cookie.
 *
 * 0 version (3), 1 reserved (0), 2 2 length, 4 length of the request, 5 0xe0, 6 2 destination, 8 2 source, 10 class, 11 cookie
 */
export function parseRdpCookie(bytes: Uint8Array, name: string): { readonly value: string } | "need-more" | "none" {
  if (bytes.length <= headBytes) return "need-more";
  if (bytes[0] !== 3 || bytes[1] !== 0 || bytes[5] !== 0xe0) return "none";
  const text = latin1(bytes.subarray(headBytes, headBytes + longestBytes));
  if (!marker.startsWith(text.slice(0, marker.length))) return "none";
  const [, found, value] = /^Cookie: ([^=\r\n]*)=([^\r\n]*)/.exec(text) ?? [];
  if (found !== undefined && name !== "" && found.toLowerCase() !== name.toLowerCase()) return "none";
  const end = text.indexOf("\r\n");
  if (end === -1) return text.length < longestBytes ? "need-more" : "none";
  if (found === undefined || value === undefined) return "none";
  return { value };
}
