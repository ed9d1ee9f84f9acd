/** The `%xx` aliases of log formats that mean something in TCP (manual, section 8.2.6). */
import { hostname } from "node:os";
import type { SocketAddress } from "../../address.ts";
import { parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import { gmtDate, localDate, logDate, milliseconds } from "./log-date.ts";
import type { SessionRecord } from "../../session-record.ts";
import { wordTable } from "../../word-table.ts";

/** Null: there is no such value. Numbers that are not final are marked by `isPartial`. */
export interface Alias {
  readonly read: (record: SessionRecord) => string | number | null;
  /** What `+X` makes of it; null when it makes no difference. */
  readonly hex: ((record: SessionRecord) => string | null) | null;
  /** Whether `+Q` puts it between quotes. */
  readonly isText: boolean;
  /** Whether a `+` stands before it while the session goes on. */
  readonly isPartial: boolean;
  /** Whether it is known at a session's end only: HAProxy logs a line without any such as soon as the server is connected. */
  readonly isLate: boolean;
}

/** What most aliases have. */
const usual = { hex: null, isText: false, isPartial: false, isLate: false };

function text(read: (record: SessionRecord) => string | null): Alias {
  return { ...usual, read, isText: true };
}

/** Text that flags leave alone. */
function plain(read: (record: SessionRecord) => string): Alias {
  return { ...usual, read };
}

function number(read: (record: SessionRecord) => number, digits: number | null = null): Alias {
  const hex = digits === null ? null : (record: SessionRecord) => hexOf(read(record), digits);
  return { ...usual, read, hex };
}

/** A figure that still grows while the session goes on. */
function growing(read: (record: SessionRecord) => number): Alias {
  return { ...usual, read, isPartial: true, isLate: true };
}

function late(alias: Alias): Alias {
  return { ...alias, isLate: true };
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

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

/** By name, without `%`. HTTP's and TLS's are there where HAProxy takes them in TCP: they are empty. */
export const aliases = wordTable<Alias>({
  B: growing((record) => record.bytesOut),
  H: text(() => ownName),
  ID: late(text((record) => record.uniqueId)),
  ST: number(() => 0),
  T: plain((record) => gmtDate(Math.floor(record.acceptedAt / 1000))),
  Tc: late(number((record) => record.connectMs)),
  Td: late(
    number((record) => {
      const { queueMs, connectMs } = record;
      return connectMs < 0 ? -1 : record.totalMs - record.handshakeMs - queueMs - connectMs;
    }),
  ),
  Th: late(number((record) => record.handshakeMs)),
  Tl: plain((record) => localDate(Math.floor(record.acceptedAt / 1000))),
  Ts: number((record) => Math.floor(record.acceptedAt / 1000), 4),
  Tt: growing((record) => record.totalMs),
  Tu: growing((record) => record.totalMs),
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
  ft: text((record) => record.frontend),
  hr: plain(() => ""),
  hrl: plain(() => ""),
  hs: plain(() => ""),
  hsl: plain(() => ""),
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
  sslc: text(() => null),
  sslv: text(() => null),
  t: plain((record) => logDate(record.acceptedAt)),
  ts: late(plain((record) => record.termination)),
  tsc: plain((record) => `${record.termination}--`),
});

/** `+` before the count says that the session was redispatched. */
function retries(record: SessionRecord): string | number {
  return record.redispatched ? `+${record.retries}` : record.retries;
}

/** Those that HAProxy knows and that need HTTP. */
export const httpAliases: ReadonlySet<string> = new Set(
  "CC CS HM HP HPO HQ HU HV Ta Ti Tq TR Tr r tr trg trl".split(" "),
);

/** `option tcplog`. */
export const tcpLogFormat = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/** The line of `option tcplog`, in one go. */
export function tcpLogLine(record: SessionRecord): string {
  const more = record.unfinished ? "+" : "";
  const client = `${hostOf(record.client)}:${portOf(record.client, record.listenerId)}`;
  const path = `${record.frontend} ${record.backend}/${record.server ?? "<NOSRV>"}`;
  const times = `${record.queueMs}/${record.connectMs}/${more}${record.totalMs} ${more}${record.bytesOut}`;
  const here = `${record.processConnections}/${record.frontendConnections}`;
  const there = `${record.backendConnections}/${record.serverConnections}/${retries(record)}`;
  const queues = `${record.serverQueue}/${record.backendQueue}`;
  return `${client} [${logDate(record.acceptedAt)}] ${path} ${times} ${record.termination} ${here}/${there} ${queues}`;
}
