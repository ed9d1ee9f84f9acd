/** The PROXY header that goes to a server before the client's first byte. */
import { bytesOf } from "../../../wire/latin1.ts";
import type { Connection } from "../../../net/transport.ts";
import type { SocketAddress } from "../../../address.ts";
import type { ProxyAddress, ProxyTlv } from "../../../wire/proxy-protocol.ts";
import { formatProxyV1, formatProxyV2, tlvTypes } from "../../../wire/proxy-protocol.ts";
import type { Server } from "../../backend/server.ts";
import type { SessionContext } from "../context/session-context.ts";
import { sslTlv } from "./ssl-tlv.ts";

/** Sends the header as the server's plan asks, if it does, in one write. */
export function writeHeader(session: SessionContext, server: Server, connection: Connection): void {
  const header = server.plan.proxyHeader;
  if (header === null) return;
  const source = ipOf(session.source);
  const destination = ipOf(session.destination);
  if (header.version === 1) connection.write(formatProxyV1(source, destination));
  else {
    const checksum = header.options.includes("crc32c");
    connection.write(formatProxyV2({ local: false, source, destination, checksum, tlvs: tlvsOf(session, server) }));
  }
}

/** A socket without an IP address has none in the header. */
function ipOf(address: SocketAddress): ProxyAddress | null {
  return address.kind === "tcp" ? address : null;
}

/** What a version 2 header tells beyond addresses, in HAProxy's order. */
export function tlvsOf(session: SessionContext, server: Server): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  const options = server.plan.proxyHeader?.options ?? [];
  const tls = session.clientTls;
  // Whatever was asked for, as HAProxy sends it.
  if (tls !== null && tls.alpn !== null) tlvs.push({ type: tlvTypes.alpn, value: bytesOf(tls.alpn) });
  if (options.includes("authority")) {
    const received = session.proxyHeader?.tlvs.find((one) => one.type === tlvTypes.authority);
    if (received !== undefined) tlvs.push(received);
    else if (tls !== null && tls.serverName !== null) {
      tlvs.push({ type: tlvTypes.authority, value: bytesOf(tls.serverName) });
    }
  }
  if (options.includes("unique-id")) {
    // Without unique-id-format the field is there and empty, as HAProxy sends it.
    tlvs.push({ type: tlvTypes.uniqueId, value: bytesOf(session.uniqueId() ?? "").subarray(0, 128) });
  }
  if (options.some((one) => one === "ssl" || one.startsWith("ssl-") || one.startsWith("cert-"))) {
    tlvs.push(sslTlv(tls, options));
  }
  for (const { type, value } of server.backend.rules.tlvs.get(server.name) ?? []) {
    const bytes = bytesOf(value(session));
    if (bytes.length > 0) tlvs.push({ type, value: bytes });
  }
  return tlvs;
}
