/** `cookie … dynamic`: what stands for a server that has no `cookie`, worked out from its address, the same everywhere. */
import type { SocketAddress } from "../../address.ts";
import { parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import { xxh64 } from "../../rules/value/hash.ts";

/** `key`: `dynamic-cookie-key`. Null for a socket of the system's. */
export function dynamicCookie(key: string, address: SocketAddress): string | null {
  if (address.kind !== "tcp") return null;
  const host = parseIPv4(address.host) ?? parseIPv6(address.host);
  if (host === null) return null;
  const port = Buffer.alloc(4);
  port.writeUInt32BE(address.port);
  const hash = xxh64(Buffer.concat([Buffer.from(key, "latin1"), host, port]));
  return hash.toString(16).padStart(16, "0");
}
