/** Sources: addresses as far as they are told apart. */
import type { SocketAddress } from "../../address.ts";
import { formatIPv4, formatIPv6, ipv4Number, parseIPv6 } from "../../ip-literal.ts";
import { parseNetwork } from "../../rules/match/network.ts";

/** Bits of an address that count. */
export interface Prefixes {
  readonly prefix4: number;
  readonly prefix6: number;
}

/** The network that an address is in, as `192.0.2.1/32` or `2001:db8::/64`: of one source always the same text. Null: it is no IP address. */
export function sourceNetwork(address: SocketAddress, { prefix4, prefix6 }: Prefixes): string | null {
  if (address.kind !== "tcp") return null;
  const number = ipv4Number(address.host);
  if (number >= 0) return network4(number, prefix4);
  const bytes = parseIPv6(address.host);
  if (bytes === null) return null;
  if (isIPv4Mapped(bytes)) return network4(ipv4Number(formatIPv4(bytes, 12)), prefix4);
  for (let at = 0; at < 16; at++) bytes[at] = (bytes[at] ?? 0) & maskByte(prefix6, at);
  return `${formatIPv6(bytes)}/${prefix6}`;
}

function network4(number: number, prefix: number): string {
  // A shift by 32 would be none.
  const masked = prefix === 0 ? 0 : (number & (-1 << (32 - prefix))) >>> 0;
  return `${masked >>> 24}.${(masked >>> 16) & 255}.${(masked >>> 8) & 255}.${masked & 255}/${prefix}`;
}

function isIPv4Mapped(bytes: Uint8Array): boolean {
  for (let at = 0; at < 12; at++) if (bytes[at] !== (at < 10 ? 0 : 0xff)) return false;
  return true;
}

function maskByte(prefix: number, at: number): number {
  return (0xff00 >> Math.max(0, Math.min(8, prefix - 8 * at))) & 0xff;
}

/** Whether two networks have an address in common; for what people write and for sources. Null: the text is no network. */
export function overlapWith(text: string): ((network: string) => boolean) | null {
  const meant = parseNetwork(text);
  if (meant === null) return null;
  return (network) => {
    const other = parseNetwork(network);
    if (other?.family !== meant.family) return false;
    return other.address.every((byte, at) => {
      const mask = (meant.mask[at] ?? 0) & (other.mask[at] ?? 0);
      return (byte & mask) === ((meant.address[at] ?? 0) & mask);
    });
  };
}
