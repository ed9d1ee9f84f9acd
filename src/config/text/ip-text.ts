/** Literal IP addresses and networks as text: which are valid. */

/** Four decimal numbers up to 255, as inet_pton() takes them. */
export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);
}

/** IPv6 in any of its forms, without zone and brackets. */
export function isIpv6(text: string): boolean {
  if (!/^[0-9a-fA-F:.]*$/.test(text) || !text.includes(":")) return false;
  const dotted = /(?:^|:)([0-9.]*\.[0-9.]*)$/.exec(text)?.[1];
  if (text.includes(".") && (dotted === undefined || !isIpv4(dotted))) return false;
  const hex = dotted === undefined ? text : `${text.slice(0, -dotted.length)}0:0`;
  const halves = hex.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

/** `address`, `address/bits` or `v4/dotted mask`: what an `ip` pattern may be. Names are not addresses. */
export function isNetwork(text: string): boolean {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const rest = slash === -1 ? null : text.slice(slash + 1);
  const bits = isShortIpv4(address) ? 32 : isIpv6(address) ? 128 : null;
  if (bits === null) return false;
  if (rest === null) return bits === 128 || isIpv4(address);
  if (/^[0-9]+$/.test(rest)) return Number(rest) <= bits;
  return bits === 32 && isIpv4(rest);
}

/** `10.1/16`: HAProxy takes fewer than four numbers before a slash. */
function isShortIpv4(text: string): boolean {
  return (
    isIpv4(text) || (/^[0-9]+(?:\.[0-9]+){0,2}$/.test(text) && text.split(".").every((part) => Number(part) <= 255))
  );
}
