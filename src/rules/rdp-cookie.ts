/** The cookie in the first message of an RDP client ([MS-RDPBCGR], section 2.2.1.1). */
import { latin1 } from "./sample.ts";

/** Bytes before the cookie: TPKT header and the fixed part of the X.224 connection request. */
const headBytes = 11;
const marker = "Cookie: ";

/**
 * Finds `Cookie: NAME=value` CR LF behind the connection request's head; "" asks for a cookie of any name. Names are
 * compared without regard to case. "none": this is not RDP, or has no such cookie.
 *
 * 0 version (3), 1 reserved (0), 2 2 length, 4 length of the request, 5 0xe0, 6 2 destination, 8 2 source, 10 class, 11 cookie
 */
export function parseRdpCookie(bytes: Uint8Array, name: string): { readonly value: string } | "need-more" | "none" {
  if ((bytes.length > 0 && bytes[0] !== 3) || (bytes.length > 1 && bytes[1] !== 0)) return "none";
  if (bytes.length > 5 && bytes[5] !== 0xe0) return "none";
  if (bytes.length <= headBytes) return "need-more";
  const text = latin1(bytes.subarray(headBytes, headBytes + 1024));
  if (!marker.startsWith(text.slice(0, marker.length))) return "none";
  const end = text.indexOf("\r\n");
  if (end === -1) return text.length < 1024 ? "need-more" : "none";
  const cookie = text.slice(marker.length, end);
  const equals = cookie.indexOf("=");
  if (equals === -1) return "none";
  if (name !== "" && cookie.slice(0, equals).toLowerCase() !== name.toLowerCase()) return "none";
  return { value: cookie.slice(equals + 1) };
}
