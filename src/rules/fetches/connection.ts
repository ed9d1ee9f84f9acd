/** Fetches of the connection itself: addresses, ports, sockets, the PROXY header (manual, section 7.3.3). */
import type { SocketAddress } from "../../address.ts";
import { handshakeReasons } from "../../tls-facts.ts";
import { latin1 } from "../../wire/latin1.ts";
import { networkInterfaces } from "node:os";
import { clockMs } from "../../clock.ts";
import { textArgument } from "../samples/arguments.ts";
import { unitAt } from "../samples/argument-checks.ts";
import { proxyHeaderReasons, tlvTypes } from "../../wire/proxy-protocol.ts";
import type { SampleContext } from "../context.ts";
import type { Source } from "../samples/sites.ts";
import { fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import { type Sample, address, bool, sint, str } from "../value/sample.ts";
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

function host(form: string, source: Source, end: End): FetchRow {
  return fetch(form, source, () => (context) => hostSample(end(context)));
}

function port(form: string, source: Source, end: End): FetchRow {
  return fetch(form, source, () => (context) => portSample(end(context)));
}

function local(form: string, source: Source, end: End): FetchRow {
  return fetch(form, source, () => (context) => isLocal(end(context)));
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
  const { serverError = null } = context;
  return serverError === null && context.serverSide === null ? undefined : serverError;
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
  [handshakeReasons.closed]: 24,
  [handshakeReasons.lost]: 25,
  [handshakeReasons.timeout]: 26,
  [handshakeReasons.tooMany]: 27,
  [handshakeReasons.outOfMemory]: 28,
  [handshakeReasons.renegotiation]: 29,
  [handshakeReasons.chainNotVerified]: 30,
  [handshakeReasons.notTrusted]: 31,
  [handshakeReasons.otherHost]: 32,
  [handshakeReasons.otherName]: 33,
  [handshakeReasons.failure]: 34,
  [handshakeReasons.fatal]: 43,
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

/** The fetches of this file. */
export const connectionFetches: readonly FetchRow[] = [
  fetch(
    "accept_date([string]): sint",
    "client",
    (args) => {
      const unit = textArgument(args, 0, "s");
      return (context) =>
        sint(
          Math.floor(
            unit === "us" ? context.acceptedAt * 1000 : unit === "ms" ? context.acceptedAt : context.acceptedAt / 1000,
          ),
        );
    },
    { check: unitAt(0) },
  ),
  host("bc_dst: addr", "server address", (context) => context.serverSide?.destination),
  port("bc_dst_port: sint", "server address", (context) => context.serverSide?.destination),
  fetch("bc_err: sint", "server address", errorNumber(serverErrorName)),
  fetch("bc_err_str: str", "server address", errorText(serverErrorName)),
  host("bc_src: addr", "server address", (context) => context.serverSide?.source),
  port("bc_src_port: sint", "server address", (context) => context.serverSide?.source),
  fetch("bytes_in: sint", "request", () => (context) => sint(context.bytesIn)),
  fetch("bytes_out: sint", "request", () => (context) => sint(context.bytesOut)),
  host("dst: addr", "client", (context) => context.destination),
  local("dst_is_local: bool", "client", (context) => context.destination),
  port("dst_port: sint", "client", (context) => context.destination),
  host("fc_dst: addr", "client", (context) => context.peerDestination),
  local("fc_dst_is_local: bool", "client", (context) => context.peerDestination),
  port("fc_dst_port: sint", "client", (context) => context.peerDestination),
  fetch("fc_err: sint", "client", errorNumber(clientErrorName)),
  fetch("fc_err_str: str", "client", errorText(clientErrorName)),
  fetch("fc_pp_authority: str", "client", headerField(tlvTypes.authority)),
  fetch("fc_pp_tlv(string): str", "client", (args, within) =>
    headerField(tlvType(textArgument(args, 0)))(args, within),
  ),
  fetch("fc_pp_unique_id: str", "client", headerField(tlvTypes.uniqueId)),
  fetch("fc_rcvd_proxy: bool", "client", () => (context) => bool(context.proxyHeader !== null)),
  host("fc_src: addr", "client", (context) => context.peer),
  local("fc_src_is_local: bool", "client", (context) => context.peer),
  port("fc_src_port: sint", "client", (context) => context.peer),
  host("src: addr", "client", (context) => context.source),
  local("src_is_local: bool", "client", (context) => context.source),
  port("src_port: sint", "client", (context) => context.source),
];
