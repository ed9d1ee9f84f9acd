/** `show info`: the process in HAProxy's fields, as text, typed lines and JSON. */
import type { PublicProxy } from "../../proxy/public.ts";
import type { PublicHostKeys, PublicSsh, PublicSshPenalties } from "../../ssh/public.ts";
import type { SshMetricsSource } from "./ssh/ssh-metrics.ts";
import { tagNames } from "./columns.ts";
import { wordTable } from "../../word-table.ts";

/** What the fields are made from. */
export interface InfoSource {
  readonly proxy: PublicProxy;
  /** `2.6.12-fairlead…`: HAProxy's number first, because tools compare it. */
  readonly version: string;
  readonly releaseDate: string;
  /** `node` of the configuration, or the machine's name. */
  readonly node: string;
  readonly description: string | null;
  /** Soft limit of descriptors; Infinity when there is none. */
  readonly descriptors: number;
  /** Log lines given up so far. */
  readonly droppedLogs: number;
  /** What the runtime's heap holds: cheap, and without /proc, which is not there behind a chroot. */
  readonly heapBytes: () => number;
  /** What is known of SSH; left out where nobody looks. */
  readonly ssh?: PublicSsh;
  /** Sources that are kept out; left out where nobody looks. */
  readonly sshPenalties?: PublicSshPenalties;
  /** Null or left out: no proxy reads SSH. */
  readonly sshMetrics?: SshMetricsSource | null;
  /** What is known of servers' host keys; left out where nobody looks. */
  readonly hostKeys?: PublicHostKeys;
  /** Hears of what threw while something was answered. */
  readonly fault?: (error: unknown, where: string) => void;
}

/** One field. `position` is HAProxy's number for it, which the typed and JSON forms show. */
export interface InfoField {
  readonly position: number;
  readonly name: string;
  readonly tags: string;
  readonly type: string;
  readonly value: string | number;
  readonly description: string;
}

/** Position, name, tags and type, description; in HAProxy's order. Fields without a value here are 0: nothing of the kind exists. */
const table: readonly (readonly [number, string, string, string, string])[] = [
  [0, "Name", "POS", "str", "What answers"],
  [1, "Version", "POS", "str", "Its version"],
  [2, "Release_date", "POS", "str", "Day of the release"],
  [3, "Nbthread", "CGS", "u32", "Threads that move data"],
  [4, "Nbproc", "CGS", "u32", "Processes, always 1"],
  [5, "Process_num", "KGP", "u32", "Number of this process, always 1"],
  [6, "Pid", "SGP", "u32", "The system's number for this process"],
  [7, "Uptime", "MDP", "str", "Time since the start, in words"],
  [8, "Uptime_sec", "MDP", "u32", "Seconds since the start"],
  [9, "Memmax_MB", "CLP", "u32", "Memory limit, 0: none"],
  [10, "PoolAlloc_MB", "MGP", "u32", "Heap taken from the system"],
  [11, "PoolUsed_MB", "MGP", "u32", "Heap in use"],
  [12, "PoolFailed", "MCP", "u32", "Allocations that failed"],
  [13, "Ulimit-n", "CLP", "u32", "Descriptors the process may have"],
  [14, "Maxsock", "CLP", "u32", "Sockets the process may have"],
  [15, "Maxconn", "CLP", "u32", "Client connections taken at once"],
  [16, "Hard_maxconn", "CLP", "u32", "The same as it was at the start"],
  [17, "CurrConns", "MGP", "u32", "Client connections now"],
  [18, "CumConns", "MCP", "u32", "Client connections since the start"],
  [19, "CumReq", "MCP", "u32", "Sessions and requests since the start"],
  [20, "MaxSslConns", "MMP", "u32", "Limit of TLS connections, 0: none"],
  [21, "CurrSslConns", "MGP", "u32", "TLS connections now"],
  [22, "CumSslConns", "MCP", "u32", "TLS connections since the start"],
  [23, "Maxpipes", "CLP", "u32", "Limit of pipes, 0: none"],
  [24, "PipesUsed", "MGP", "u32", "Pipes that carry data"],
  [25, "PipesFree", "MGP", "u32", "Pipes kept for use"],
  [26, "ConnRate", "MRP", "u32", "New client connections in the last second"],
  [27, "ConnRateLimit", "CLP", "u32", "Their limit (maxconnrate)"],
  [28, "MaxConnRate", "MMP", "u32", "Their highest number"],
  [29, "SessRate", "MRP", "u32", "New sessions in the last second"],
  [30, "SessRateLimit", "CLP", "u32", "Their limit (maxsessrate)"],
  [31, "MaxSessRate", "MRP", "u32", "Their highest number"],
  [32, "SslRate", "MRP", "u32", "New TLS connections in the last second"],
  [33, "SslRateLimit", "CLP", "u32", "Their limit"],
  [34, "MaxSslRate", "MMP", "u32", "Their highest number"],
  [35, "SslFrontendKeyRate", "MGP", "u32", "New TLS keys of clients in the last second"],
  [36, "SslFrontendMaxKeyRate", "MMP", "u32", "Their highest number"],
  [37, "SslFrontendSessionReuse_pct", "MGP", "u32", "TLS sessions of clients taken up again, per cent"],
  [38, "SslBackendKeyRate", "MRP", "u32", "New TLS keys of servers in the last second"],
  [39, "SslBackendMaxKeyRate", "MMP", "u32", "Their highest number"],
  [40, "SslCacheLookups", "MCP", "u32", "TLS session cache: searches"],
  [41, "SslCacheMisses", "MCP", "u32", "TLS session cache: searches in vain"],
  [42, "CompressBpsIn", "MRP", "u32", "Bytes to be compressed in the last second"],
  [43, "CompressBpsOut", "MRP", "u32", "Bytes after compression in the last second"],
  [44, "CompressBpsRateLim", "CLP", "u32", "Limit of compression"],
  [45, "ZlibMemUsage", "MGP", "u32", "Memory used by compression, bytes"],
  [46, "MaxZlibMemUsage", "CLP", "u32", "Limit of that memory, 0: none"],
  [47, "Tasks", "MGP", "u32", "Sessions, checks and listeners at work"],
  [48, "Run_queue", "MGP", "u32", "Tasks that wait for the processor"],
  [49, "Idle_pct", "MaP", "u32", "Time spent waiting, per cent"],
  [50, "node", "COS", "str", "Name of the node"],
  [51, "description", "COS", "str", "Description of the node"],
  [52, "Stopping", "MGP", "u32", "1 while the process finishes"],
  [53, "Jobs", "MGP", "u32", "Listeners and sessions"],
  [54, "Unstoppable Jobs", "MGP", "u32", "Jobs that do not hold up the end"],
  [55, "Listeners", "MGP", "u32", "Sockets that listen"],
  [56, "ActivePeers", "MGP", "u32", "Peers that exchange data"],
  [57, "ConnectedPeers", "MGP", "u32", "Peers connected"],
  [58, "DroppedLogs", "MGP", "u32", "Log lines that could not be delivered"],
  [59, "BusyPolling", "MGP", "u32", "1 while the process polls without sleeping"],
  [60, "FailedResolutions", "MGP", "u32", "Names that did not resolve"],
  [61, "TotalBytesOut", "MGP", "u64", "Bytes sent to clients and servers since the start"],
  [62, "TotalSplicdedBytesOut", "MGP", "u64", "Bytes sent without a copy since the start"],
  [63, "BytesOutRate", "MRP", "u64", "Bytes sent in the last second"],
  [64, "DebugCommandsIssued", "MGP", "u32", "Debug commands given"],
  [65, "CumRecvLogs", "MCP", "u32", "Log messages received"],
  [66, "Build info", "POS", "str", "What was built"],
  [67, "Memmax_bytes", "CLP", "u32", "Memory limit in bytes, 0: none"],
  [68, "PoolAlloc_bytes", "MGP", "u64", "Heap taken from the system, bytes"],
  [69, "PoolUsed_bytes", "MGP", "u64", "Heap in use, bytes"],
  [70, "Start_time_sec", "MDP", "u32", "When the process started, seconds since 1970"],
  [71, "Tainted", "SGP", "str", "Unsafe features used"],
];

/** Every field with its value now. */
export function infoFields(source: InfoSource): InfoField[] {
  const values = infoValues(source);
  return table
    .filter(([, name]) => name !== "description" || source.description !== null)
    .map(([position, name, tags, type, description]) => ({
      position,
      name,
      tags,
      type,
      description,
      value: values.get(name) ?? 0,
    }));
}

function infoValues(source: InfoSource): ReadonlyMap<string, string | number> {
  const { process: stats } = source.proxy;
  const { tls } = stats;
  const heapBytes = source.heapBytes();
  const seconds = Math.floor(stats.uptimeMs / 1000);
  return wordTable<string | number>({
    Name: "HAProxy",
    Version: source.version,
    Release_date: source.releaseDate,
    Nbthread: stats.threads,
    Nbproc: 1,
    Process_num: 1,
    Pid: process.pid,
    Uptime: uptimeText(seconds),
    Uptime_sec: seconds,
    PoolAlloc_MB: megabytes(heapBytes),
    PoolUsed_MB: megabytes(heapBytes),
    "Ulimit-n": Number.isFinite(source.descriptors) ? source.descriptors : 0,
    Maxsock: stats.maxSockets,
    Maxconn: stats.maxconn,
    Hard_maxconn: stats.hardMaxconn,
    CurrConns: stats.currentConnections,
    CumConns: stats.totalConnections,
    CumReq: stats.totalRequests,
    MaxSslConns: tls.limit,
    CurrSslConns: tls.current,
    CumSslConns: tls.total,
    SslRate: tls.rate.current,
    SslRateLimit: tls.rate.limit,
    MaxSslRate: tls.rate.max,
    SslFrontendKeyRate: tls.clientKeys.current,
    SslFrontendMaxKeyRate: tls.clientKeys.max,
    SslFrontendSessionReuse_pct: tls.reusePercent,
    SslBackendKeyRate: tls.serverKeys.current,
    SslBackendMaxKeyRate: tls.serverKeys.max,
    Maxpipes: stats.splicing?.pipesAllowed ?? 0,
    PipesUsed: stats.splicing?.pipesUsed ?? 0,
    PipesFree: stats.splicing?.pipesFree ?? 0,
    ConnRate: stats.connectionRate.current,
    ConnRateLimit: stats.connectionRate.limit,
    MaxConnRate: stats.connectionRate.max,
    SessRate: stats.sessionRate.current,
    SessRateLimit: stats.sessionRate.limit,
    MaxSessRate: stats.sessionRate.max,
    CompressBpsIn: stats.compression.inputRate,
    CompressBpsOut: stats.compression.outputRate,
    CompressBpsRateLim: stats.compression.rateLimit,
    ZlibMemUsage: stats.compression.zlibBytes,
    MaxZlibMemUsage: stats.compression.zlibLimit,
    Tasks: stats.jobs,
    Idle_pct: idlePercent(stats.uptimeMs),
    node: source.node,
    description: source.description ?? "",
    Stopping: stats.stopping ? 1 : 0,
    Jobs: stats.jobs,
    Listeners: stats.listeners,
    DroppedLogs: stats.droppedLogs + source.droppedLogs,
    TotalBytesOut: stats.bytesOutTotal,
    BytesOutRate: stats.bytesOutRate,
    TotalSplicdedBytesOut: stats.splicing?.bytes ?? 0,
    "Build info": source.version,
    PoolAlloc_bytes: heapBytes,
    PoolUsed_bytes: heapBytes,
    Start_time_sec: Math.floor(stats.startedAt / 1000),
    Tainted: "0",
  });
}

/** Time not spent on the processor since the start, per cent. */
function idlePercent(uptimeMs: number): number {
  const { user, system } = process.cpuUsage();
  const wallMicros = Math.max(1, uptimeMs * 1000);
  return Math.max(0, Math.min(100, Math.round(100 - (100 * (user + system)) / wallMicros)));
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** `0d 0h00m05s`, as HAProxy writes how long it has run. */
export function uptimeText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return `${days}d ${Math.floor(seconds / 3600) % 24}h${two(Math.floor(seconds / 60) % 60)}m${two(seconds % 60)}s`;
}

/** `Name: value`, a line each; with `desc`, the description in quotes after it. */
export function infoText(source: InfoSource, withDescription: boolean): string {
  return infoFields(source)
    .map(({ name, value, description }) => `${name}: ${value}${withDescription ? `:"${description}"` : ""}\n`)
    .join("");
}

/** `0.Name.1:POS:str:HAProxy`, a line each. */
export function infoTyped(source: InfoSource, withDescription: boolean): string {
  return infoFields(source)
    .map((field) => {
      const start = `${field.position}.${field.name}.1:${field.tags}:${field.type}:${field.value}`;
      return `${start}${withDescription ? `:"${field.description}"` : ""}\n`;
    })
    .join("");
}

/** One array of fields. */
export function infoJson(source: InfoSource, withDescription: boolean): string {
  const all = infoFields(source).map(({ position, name, tags, type, value, description }) => ({
    field: { pos: position, name },
    processNum: 1,
    tags: tagNames(tags),
    value: { type, value },
    desc: withDescription ? description : undefined,
  }));
  return `${JSON.stringify(all)}\n`;
}
