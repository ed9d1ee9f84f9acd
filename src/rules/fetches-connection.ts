/** Fetches of the connection itself: addresses, ports, sockets, the PROXY header (manual, section 7.3.3). */
import { networkInterfaces } from "node:os";
import type { SocketAddress } from "../net/transport.ts";
import { tlvTypes } from "../wire/proxy-protocol.ts";
import type { Sample, SampleContext } from "./context.ts";
import type { FetchCompiler } from "./expression.ts";
import { toIPv4, address, bool, latin1, sint, str } from "./sample.ts";

/** The address of one end, IPv4 written as such even when it came over an IPv6 socket; undefined for unix sockets. */
export function hostSample(end: SocketAddress | undefined): Sample | undefined {
  if (end === undefined || end.kind !== "tcp") return undefined;
  if (end === lastEnd) return lastSample;
  lastEnd = end;
  const mapped = end.host.startsWith("::ffff:") ? toIPv4(end.host) : null;
  lastSample = address(mapped ?? end.host);
  return lastSample;
}

// Rules ask for the same end again and again.
let lastEnd: SocketAddress | undefined;
let lastSample: Sample | undefined;

function portSample(end: SocketAddress | undefined): Sample | undefined {
  return end === undefined ? undefined : sint(end.kind === "tcp" ? end.port : 0);
}

function isLocal(end: SocketAddress | undefined): Sample | undefined {
  const sample = hostSample(end);
  if (sample === undefined) return undefined;
  if (sample.value === "0.0.0.0" || sample.value === "::") return bool(true);
  const interfaces = Object.values(networkInterfaces()).flat();
  const isLoopback = sample.type === "ipv4" && String(sample.value).startsWith("127.");
  return bool(isLoopback || interfaces.some((one) => one?.address === sample.value));
}

type End = (context: SampleContext) => SocketAddress | undefined;

function host(end: End): FetchCompiler {
  return () => (context) => hostSample(end(context));
}

function port(end: End): FetchCompiler {
  return () => (context) => portSample(end(context));
}

function local(end: End): FetchCompiler {
  return () => (context) => isLocal(end(context));
}

function headerField(type: number): FetchCompiler {
  return () => (context) => {
    const field = context.proxyHeader?.tlvs.find((one) => one.type === type);
    return field === undefined ? undefined : str(latin1(field.value));
  };
}

export const connectionFetches: Readonly<Record<string, FetchCompiler>> = {
  src: host((context) => context.source),
  src_port: port((context) => context.source),
  src_is_local: local((context) => context.source),
  dst: host((context) => context.destination),
  dst_port: port((context) => context.destination),
  dst_is_local: local((context) => context.destination),
  fc_src: host((context) => context.peer),
  fc_src_port: port((context) => context.peer),
  fc_src_is_local: local((context) => context.peer),
  fc_dst: host((context) => context.peerDestination),
  fc_dst_port: port((context) => context.peerDestination),
  fc_dst_is_local: local((context) => context.peerDestination),
  bc_src: host((context) => context.serverSide?.source),
  bc_src_port: port((context) => context.serverSide?.source),
  bc_dst: host((context) => context.serverSide?.destination),
  bc_dst_port: port((context) => context.serverSide?.destination),
  fc_rcvd_proxy: () => (context) => bool(context.proxyHeader !== null),
  fc_pp_authority: headerField(tlvTypes.authority),
  fc_pp_unique_id: headerField(tlvTypes.uniqueId),
};
