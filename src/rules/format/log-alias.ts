/** The `%xx` aliases of log formats (manual, section 8.2.6), and the formats that HAProxy has by itself. */
import { hostname } from "node:os";
import type { SocketAddress } from "../../address.ts";
import { parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import { type Alias, escapeControls, growing, hexOf, late, number, plain, text, usual } from "./alias.ts";
import { encodeUrl, httpAliasRows, inBraces, requestedAt } from "./http-alias.ts";
import { gmtDate, localDate, logDate, milliseconds } from "./log-date.ts";
import type { SessionRecord } from "../../session-record.ts";
import { wordTable } from "../../word-table.ts";

type End = (record: SessionRecord) => SocketAddress | null;

/** The host of an end as a log line has it. */
export function hostOf(end: SocketAddress | null): string | null {
  if (end === null) return null;
  return end.kind === "tcp" ? end.host : "unix";
}

function host(end: End): Alias {
  const hex = (record: SessionRecord): string | null => {
    const text = hostOf(end(record));
    const bytes = text === null ? null : (parseIPv4(text) ?? parseIPv6(text));
    return bytes === null ? text : Buffer.from(bytes).toString("hex").toUpperCase();
  };
  return { ...usual, read: (record) => hostOf(end(record)), hex, isText: true };
}

/** A unix socket has no port: its listener's id stands there on the client's side. */
function port(end: End, hasListener: boolean): Alias {
  const read = (record: SessionRecord): number | null => portOf(end(record), hasListener ? record.listenerId : 0);
  const hex = (record: SessionRecord): string | null => {
    const value = read(record);
    return value === null ? null : hexOf(value, 4);
  };
  return { ...usual, read, hex };
}

/** The port of an end as a log line has it. */
export function portOf(end: SocketAddress | null, listenerId: number): number | null {
  if (end === null) return null;
  return end.kind === "tcp" ? end.port : listenerId;
}

const ownName = hostname();

/** The frontend as a session's line has it: with a `~` where its client came in by a listener of TLS. */
export function frontendOf({ frontend, tls = null }: SessionRecord): string {
  return tls === null ? frontend : `${frontend}~`;
}

/** By name, without `%`. */
export const aliases = wordTable<Alias>({
  ...httpAliasRows,
  B: growing((record) => record.bytesOut),
  H: text(() => ownName),
  ID: late(text((record) => record.uniqueId)),
  T: plain((record) => gmtDate(Math.floor(record.acceptedAt / 1000))),
  Tc: late(number((record) => record.connectMs)),
  Th: late(number((record) => record.handshakeMs)),
  Tl: plain((record) => localDate(Math.floor(record.acceptedAt / 1000))),
  Ts: number((record) => Math.floor(record.acceptedAt / 1000), 4),
  Tt: growing((record) => record.totalMs),
  Tw: late(number((record) => record.queueMs)),
  U: late(number((record) => record.bytesIn)),
  ac: late(number((record) => record.processConnections)),
  b: text((record) => record.backend),
  bc: late(number((record) => record.backendConnections)),
  bi: host((record) => record.backendSource),
  bp: port((record) => record.backendSource, false),
  bq: late(number((record) => record.backendQueue)),
  ci: host((record) => record.client),
  cp: port((record) => record.client, true),
  f: text((record) => record.frontend),
  fc: late(number((record) => record.frontendConnections)),
  fi: host((record) => record.frontendAddress),
  fp: port((record) => record.frontendAddress, true),
  ft: text(frontendOf),
  lc: number((record) => record.logCount.logLines, 4),
  ms: {
    ...plain((record) => milliseconds(record.acceptedAt)),
    hex: (record) => hexOf(Math.floor(record.acceptedAt) % 1000, 2),
  },
  pid: number(() => process.pid, 4),
  rc: late({ ...number((record) => record.retries), read: retries }),
  rt: number((record) => record.id, 4),
  s: text((record) => record.server ?? "<NOSRV>"),
  sc: late(number((record) => record.serverConnections)),
  si: host((record) => record.serverAddress),
  sp: port((record) => record.serverAddress, false),
  sq: late(number((record) => record.serverQueue)),
  sslc: text(({ tls }) => tls?.cipher ?? null),
  sslv: text(({ tls }) => tls?.protocol ?? null),
  t: plain((record) => logDate(record.acceptedAt)),
  ts: late(plain((record) => record.termination)),
});

/** `+` before the count says that the session was redispatched. */
function retries(record: SessionRecord): string | number {
  return record.redispatched ? `+${record.retries}` : record.retries;
}

/** Those that mean nothing in `mode tcp`, where HAProxy refuses them. */
export const httpAliases: ReadonlySet<string> = new Set(
  "CC CS HM HP HPO HQ HU HV Ta Ti Tq TR Tr r tr trg trl".split(" "),
);

/** `option tcplog`. */
export const tcpLogFormat = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/** The line of `option tcplog`, in one go. */
export function tcpLogLine(record: SessionRecord): string {
  const more = record.unfinished ? "+" : "";
  const client = `${hostOf(record.client)}:${portOf(record.client, record.listenerId)}`;
  const path = `${frontendOf(record)} ${record.backend}/${record.server ?? "<NOSRV>"}`;
  const times = `${record.queueMs}/${record.connectMs}/${more}${record.totalMs} ${more}${record.bytesOut}`;
  const here = `${record.processConnections}/${record.frontendConnections}`;
  const there = `${record.backendConnections}/${record.serverConnections}/${retries(record)}`;
  const queues = `${record.serverQueue}/${record.backendQueue}`;
  return `${client} [${logDate(record.acceptedAt)}] ${path} ${times} ${record.termination} ${here}/${there} ${queues}`;
}

/** `option httplog`. */
export const httpLogFormat =
  "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";

/** `option httplog clf`. */
export const httpClfLogFormat =
  '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl';

/** `option httpslog`. */
export const httpsLogFormat = `${httpLogFormat} %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc`;

/** `option sshlog`: who both sides are, what they chose, and what is worth knowing of that. Nothing that they say ends a field. */
export const sshLogFormat = `${tcpLogFormat} %{+Q}[ssh.client.ident] %{+Q}[ssh.server.ident] %{+Q}[ssh.kex] %{+Q}[ssh.hostkey_alg] %{+Q}[ssh.cipher.c2s] %{+Q}[ssh.mac.c2s] %[ssh.pq]/%[ssh.strict_kex]/%[ssh.terrapin] %[ssh.time_to_ident] %[ssh.client.hassh]`;

/** The line of `option httplog`, in one go; of a session that is none of HTTP, that of `option tcplog`. */
export function httpLogLine(record: SessionRecord): string {
  const http = record.http ?? null;
  if (http === null) return tcpLogLine(record);
  const more = record.unfinished ? "+" : "";
  const client = `${hostOf(record.client)}:${portOf(record.client, record.listenerId)}`;
  const path = `${frontendOf(record)} ${record.backend}/${record.server ?? "<NOSRV>"}`;
  const times = `${http.requestMs}/${record.queueMs}/${record.connectMs}/${http.responseMs}/${more}${http.activeMs}`;
  const answer = `${http.status} ${more}${record.bytesOut}`;
  const cookies = `${cookieText(http.requestCookie)} ${cookieText(http.responseCookie)}`;
  const letters = record.termination + http.cookieState;
  const here = `${record.processConnections}/${record.frontendConnections}`;
  const there = `${record.backendConnections}/${record.serverConnections}/${retries(record)}`;
  const queues = `${record.serverQueue}/${record.backendQueue}`;
  const captured = `${wordOf(http.capturedRequest)}${wordOf(http.capturedResponse)}`;
  const request = encodeUrl(http.requestLine);
  return `${client} [${logDate(requestedAt(record))}] ${path} ${times} ${answer} ${cookies} ${letters} ${here}/${there} ${queues} ${captured}"${request}"`;
}

function cookieText(cookie: string | null): string {
  return cookie === null || cookie === "" ? "-" : escapeControls(cookie);
}

function wordOf(captured: readonly (string | null)[]): string {
  return captured.length === 0 ? "" : `${inBraces(captured)} `;
}
