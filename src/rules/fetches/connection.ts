/** Fetches of the connection itself: addresses, ports, sockets, the PROXY header (manual, section 7.3.3). */
import { networkInterfaces } from "node:os";
import { clockMs } from "../../clock.ts";
import type { SocketAddress } from "../../address.ts";
import type { TcpInfo } from "../../tcp-info.ts";
import { textArgument } from "../samples/arguments.ts";
import { proxyHeaderReasons, tlvTypes } from "../../wire/proxy-protocol.ts";
import type { Sample, SampleContext } from "../context.ts";
import type { FetchCompiler } from "../expression.ts";
import { address, bool, latin1, sint, str } from "../value/sample.ts";
import { wordTable } from "../../word-table.ts";

/** The address of one end; undefined for unix sockets. An IPv4 client of an IPv6 socket stays `::ffff:a.b.c.d`, as in HAProxy. */
export function hostSample(end: SocketAddress | undefined): Sample | undefined {
  if (end === undefined || end.kind !== "tcp") return undefined;
  if (end === lastEnd) return lastSample;
  lastEnd = end;
  lastSample = address(end.host);
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
  const isLoopback = sample.type === "ipv4" && String(sample.value).startsWith("127.");
  return bool(isLoopback || ownAddresses().has(String(sample.value)));
}

/** For how long the list of this machine's addresses is good. */
const addressesMs = 5000;
let addresses = new Set<string>();
let addressesAt = Number.NEGATIVE_INFINITY;

function ownAddresses(): ReadonlySet<string> {
  const nowMs = clockMs();
  if (nowMs - addressesAt < addressesMs) return addresses;
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  addresses = new Set(all.flatMap(({ address }) => [address, `::ffff:${address}`]));
  addressesAt = nowMs;
  return addresses;
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

/** A field's type by number or by the name that HAProxy gives it. */
function tlvType(text: string): number {
  return tlvNames.get(text.toUpperCase()) ?? Number(text);
}

const tlvNames = wordTable<number>({
  ALPN: 0x01,
  AUTHORITY: 0x02,
  CRC32C: 0x03,
  NOOP: 0x04,
  UNIQUE_ID: 0x05,
  SSL: 0x20,
  NETNS: 0x30,
});

function clientErrorName(context: SampleContext): string | null {
  return context.clientError ?? null;
}

function serverErrorName(context: SampleContext): string | null | undefined {
  return context.serverSide === null ? undefined : (context.serverError ?? null);
}

type ErrorName = (context: SampleContext) => string | null | undefined;

/** HAProxy's numbers of what can go wrong with a connection, where a text of its own says it. */
const errorNumbers = wordTable<number>({
  [proxyHeaderReasons.empty]: 11,
  [proxyHeaderReasons.lost]: 12,
  [proxyHeaderReasons.timeout]: 13,
  [proxyHeaderReasons.truncated]: 14,
  [proxyHeaderReasons.notHeader]: 15,
  [proxyHeaderReasons.invalid]: 16,
  [proxyHeaderReasons.badProtocol]: 17,
});

/** Every other error. */
const generalError = { number: 6, text: "General socket error" };

/** The connection's error as HAProxy counts them; 0 for none. Undefined: there is no such connection. */
function errorNumber(name: ErrorName): FetchCompiler {
  return () => (context) => {
    const error = name(context);
    if (error === undefined) return undefined;
    return sint(error === null ? 0 : (errorNumbers.get(error) ?? generalError.number));
  };
}

function errorText(name: ErrorName): FetchCompiler {
  return () => (context) => {
    const error = name(context);
    if (error === undefined) return undefined;
    return str(error === null ? "Success" : errorNumbers.has(error) ? error : generalError.text);
  };
}

type AskInfo = (context: SampleContext) => TcpInfo | null | undefined;
type ReadInfo = (info: TcpInfo) => number;

function clientInfo(context: SampleContext): TcpInfo | null | undefined {
  return context.clientTcpInfo?.();
}

function serverInfo(context: SampleContext): TcpInfo | null | undefined {
  return context.serverTcpInfo?.();
}

function infoNumber(ask: AskInfo, read: ReadInfo): (context: SampleContext) => Sample | undefined {
  return (context) => {
    const info = ask(context);
    return info === null || info === undefined ? undefined : sint(read(info));
  };
}

/** In milliseconds, rounded, or in microseconds when the argument says `us`. */
function time(ask: AskInfo, read: ReadInfo): FetchCompiler {
  return (args) => {
    const inMs: ReadInfo = (info) => Math.floor((read(info) + 500) / 1000);
    return infoNumber(ask, textArgument(args, 0, "ms") === "us" ? read : inMs);
  };
}

function segments(read: ReadInfo): FetchCompiler {
  return () => infoNumber(clientInfo, read);
}

const tcpInfo = wordTable<FetchCompiler>({
  fc_rtt: time(clientInfo, (info) => info.rttUs),
  fc_rttvar: time(clientInfo, (info) => info.rttVarianceUs),
  fc_unacked: segments((info) => info.unacked),
  fc_sacked: segments((info) => info.sacked),
  fc_lost: segments((info) => info.lost),
  fc_retrans: segments((info) => info.retransmits),
  fc_fackets: segments((info) => info.fackets),
  fc_reordering: segments((info) => info.reordering),
  bc_rtt: time(serverInfo, (info) => info.rttUs),
  bc_rttvar: time(serverInfo, (info) => info.rttVarianceUs),
});

/** Names of the fetches that ask the kernel about a connection. */
export const tcpInfoFetches: ReadonlySet<string> = new Set(tcpInfo.keys());

const ownFetches = wordTable<FetchCompiler>({
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
  fc_err: errorNumber(clientErrorName),
  fc_err_str: errorText(clientErrorName),
  bc_err: errorNumber(serverErrorName),
  bc_err_str: errorText(serverErrorName),
  bytes_in: () => (context) => sint(context.bytesIn),
  bytes_out: () => (context) => sint(context.bytesOut),
  accept_date: (args) => {
    const unit = textArgument(args, 0, "s");
    return (context) =>
      sint(
        Math.floor(
          unit === "us" ? context.acceptedAt * 1000 : unit === "ms" ? context.acceptedAt : context.acceptedAt / 1000,
        ),
      );
  },
  fc_pp_tlv: (args, scope) => headerField(tlvType(textArgument(args, 0)))(args, scope),
  fc_rcvd_proxy: () => (context) => bool(context.proxyHeader !== null),
  fc_pp_authority: headerField(tlvTypes.authority),
  fc_pp_unique_id: headerField(tlvTypes.uniqueId),
});

export const connectionFetches: ReadonlyMap<string, FetchCompiler> = new Map([...ownFetches, ...tcpInfo]);
