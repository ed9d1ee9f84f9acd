/** The PROXY header of a probe: it speaks for itself. */
import { plainHost, type SocketAddress } from "../../address.ts";
import type { Connection } from "../../net/transport.ts";
import type { ProxyHeaderPlan } from "../../plan/server.ts";
import { formatProxyV1, formatProxyV2, type ProxyAddress } from "../../wire/proxy-protocol.ts";

/** A v1 line with the connection's own ends: Apache MINA's servers log a warning for `UNKNOWN`. */
export function ownHeader({ local, remote }: Pick<Connection, "local" | "remote">): Uint8Array {
  return formatProxyV1(end(local), end(remote));
}

/** The same as a v2 header. */
export function ownHeaderV2({ local, remote }: Pick<Connection, "local" | "remote">): Uint8Array {
  return formatProxyV2({ local: false, source: end(local), destination: end(remote), checksum: false, tlvs: [] });
}

/** What a server is sent that wants such a header, as by checks: in v2 LOCAL, unless that is never to be sent. Null: it wants none. */
export function headerFor(
  plan: ProxyHeaderPlan | null,
  neverSendLocal: boolean,
): ((connection: Pick<Connection, "local" | "remote">) => Uint8Array) | null {
  if (plan === null) return null;
  if (plan.version === 1) return ownHeader;
  const checksum = plan.options.includes("crc32c");
  return ({ local, remote }) =>
    formatProxyV2({
      local: !neverSendLocal,
      source: neverSendLocal ? end(local) : null,
      destination: neverSendLocal ? end(remote) : null,
      checksum,
      tlvs: [],
    });
}

function end(address: SocketAddress): ProxyAddress | null {
  return address.kind === "tcp" ? { host: plainHost(address.host), port: address.port } : null;
}
