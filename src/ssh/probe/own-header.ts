/** The PROXY header of a probe: it speaks for itself. */
import { plainHost, type SocketAddress } from "../../address.ts";
import type { Connection } from "../../net/transport.ts";
import { formatProxyV1, formatProxyV2, type ProxyAddress } from "../../wire/proxy-protocol.ts";

/** A v1 line with the connection's own ends: Apache MINA's servers log a warning for `UNKNOWN`. */
export function ownHeader({ local, remote }: Pick<Connection, "local" | "remote">): Uint8Array {
  return formatProxyV1(end(local), end(remote));
}

/** The same as a v2 header. */
export function ownHeaderV2({ local, remote }: Pick<Connection, "local" | "remote">): Uint8Array {
  return formatProxyV2({ local: false, source: end(local), destination: end(remote), checksum: false, tlvs: [] });
}

function end(address: SocketAddress): ProxyAddress | null {
  return address.kind === "tcp" ? { host: plainHost(address.host), port: address.port } : null;
}
