/** Networks as patterns take them: which texts are valid. */
import { isIPv4, isIPv6 } from "../../ip-literal.ts";

/** `address`, `address/bits` or `v4/dotted mask`: what an `ip` pattern may be. Names are not addresses. */
export function isNetwork(text: string): boolean {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const rest = slash === -1 ? null : text.slice(slash + 1);
  const bits = isShortIPv4(address) ? 32 : isIPv6(address) ? 128 : null;
  if (bits === null) return false;
  if (rest === null) return bits === 128 || isIPv4(address);
  if (/^[0-9]+$/.test(rest)) return Number(rest) <= bits;
  return bits === 32 && isIPv4(rest);
}

/** `10.1/16`: HAProxy takes fewer than four numbers before a slash. */
function isShortIPv4(text: string): boolean {
  return (
    isIPv4(text) || (/^[0-9]+(?:\.[0-9]+){0,2}$/.test(text) && text.split(".").every((part) => Number(part) <= 255))
  );
}
