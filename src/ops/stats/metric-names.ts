/** HAProxy's metric names (its Prometheus exporter in 2.6), each with the statistics column it shows. */
import type { Column } from "./columns.ts";
import type { RowKind } from "./rows.ts";

/** One metric of frontends, listeners, backends or servers. `scale` turns the column's unit into the metric's. */
export interface MetricKind {
  readonly suffix: string;
  readonly type: "gauge" | "counter";
  /** The kinds of rows that have it. */
  readonly on: readonly RowKind[];
  readonly column: Column;
  readonly scale: number;
  readonly help: string;
  /** Left out in `mode tcp`. */
  readonly isHttp: boolean;
  /** One sample for each of these, by the label `code`: what the metric has in the place of `column`. */
  readonly byCode: readonly (readonly [code: string, column: Column])[] | null;
}

const table: readonly (readonly [string, "g" | "c", string, Column, string])[] = [
  ["current_sessions", "g", "FLBS", "scur", "Sessions now"],
  ["max_sessions", "g", "FLBS", "smax", "Most sessions at once"],
  ["limit_sessions", "g", "FLBS", "slim", "Limit of sessions: maxconn, or fullconn of a backend"],
  ["sessions_total", "c", "FLBS", "stot", "Sessions since the start"],
  ["bytes_in_total", "c", "FLBS", "bin", "Bytes from clients"],
  ["bytes_out_total", "c", "FLBS", "bout", "Bytes to clients"],
  ["requests_denied_total", "c", "FLB", "dreq", "Sessions refused by a rule on content"],
  ["responses_denied_total", "c", "FLBS", "dresp", "Responses refused by a rule"],
  ["request_errors_total", "c", "FL", "ereq", "Connections that failed before they became sessions"],
  ["status", "g", "FLBS", "status", "State: 1 at the label that holds"],
  ["limit_session_rate", "g", "F", "rate_lim", "Limit of new sessions a second"],
  ["max_session_rate", "g", "FBS", "rate_max", "Most new sessions in a second"],
  ["connections_rate_max", "g", "F", "conn_rate_max", "Most new connections in a second"],
  ["connections_total", "c", "F", "conn_tot", "Connections accepted"],
  ["denied_connections_total", "c", "FL", "dcon", "Connections refused by a connection rule"],
  ["denied_sessions_total", "c", "FL", "dses", "Sessions refused by a session rule"],
  ["http_responses_total", "c", "FBS", "hrsp_1xx", "Responses by the class of their status"],
  ["http_requests_rate_max", "g", "F", "req_rate_max", "Most requests in a second"],
  ["http_requests_total", "c", "FB", "req_tot", "Requests since the start"],
  ["http_comp_bytes_in_total", "c", "FB", "comp_in", "Bytes to be compressed"],
  ["http_comp_bytes_out_total", "c", "FB", "comp_out", "Bytes after compression"],
  [
    "http_comp_bytes_bypassed_total",
    "c",
    "FB",
    "comp_byp",
    "Bytes that were not compressed, to spare the processor or the line",
  ],
  ["http_comp_responses_total", "c", "FB", "comp_rsp", "Responses that were compressed"],
  ["intercepted_requests_total", "c", "F", "intercepted", "Requests answered without a server"],
  ["http_cache_lookups_total", "c", "FB", "cache_lookups", "Searches in the cache"],
  ["http_cache_hits_total", "c", "FB", "cache_hits", "Responses from the cache"],
  ["failed_header_rewriting_total", "c", "FLBS", "wrew", "Headers that could not be rewritten"],
  ["internal_errors_total", "c", "FLBS", "eint", "Internal errors"],
  ["current_queue", "g", "BS", "qcur", "Sessions that wait now"],
  ["max_queue", "g", "BS", "qmax", "Most sessions that waited at once"],
  ["connection_errors_total", "c", "BS", "econ", "Connections to servers that failed"],
  ["response_errors_total", "c", "BS", "eresp", "Server connections that broke"],
  ["retry_warnings_total", "c", "BS", "wretr", "Connection attempts repeated"],
  ["redispatch_warnings_total", "c", "BS", "wredis", "Sessions sent to another server"],
  ["weight", "g", "BS", "weight", "Weight in force"],
  ["active_servers", "g", "B", "act", "Servers that can be used, backups left out"],
  ["backup_servers", "g", "B", "bck", "Backup servers that can be used"],
  ["check_failures_total", "c", "S", "chkfail", "Checks that failed"],
  ["check_up_down_total", "c", "BS", "chkdown", "Times it went down"],
  ["check_last_change_seconds", "g", "BS", "lastchg", "Seconds since the state changed"],
  ["downtime_seconds_total", "c", "BS", "downtime", "Seconds spent down"],
  ["queue_limit", "g", "S", "qlimit", "Limit of the queue (maxqueue)"],
  ["current_throttle", "g", "S", "throttle", "Share of its weight during slow start, per cent"],
  ["loadbalanced_total", "c", "BS", "lbtot", "Times chosen by balancing"],
  ["check_status", "g", "S", "check_status", "Result of the last check: 1 at the label that holds"],
  ["check_code", "g", "S", "check_code", "Code of the last check's answer"],
  ["check_duration_seconds", "g", "S", "check_duration", "Duration of the last check"],
  ["client_aborts_total", "c", "BS", "cli_abrt", "Sessions that the client broke off"],
  ["server_aborts_total", "c", "BS", "srv_abrt", "Sessions that the server broke off"],
  ["last_session_seconds", "g", "BS", "lastsess", "Seconds since the last session, -1: none yet"],
  ["queue_time_average_seconds", "g", "BS", "qtime", "Time in queue, average of the last 1024 sessions"],
  ["connect_time_average_seconds", "g", "BS", "ctime", "Time to connect, average of the last 1024 sessions"],
  ["response_time_average_seconds", "g", "BS", "rtime", "Time to respond, average of the last 1024 sessions"],
  ["total_time_average_seconds", "g", "BS", "ttime", "Duration, average of the last 1024 sessions"],
  ["connection_attempts_total", "c", "BS", "connect", "Attempts to connect"],
  ["connection_reuses_total", "c", "BS", "reuse", "Connections used again"],
  ["idle_connections_current", "g", "S", "srv_icur", "Idle connections kept"],
  ["idle_connections_limit", "g", "S", "src_ilim", "Limit of idle connections"],
  ["max_queue_time_seconds", "g", "BS", "qtime_max", "Longest time in queue"],
  ["max_connect_time_seconds", "g", "BS", "ctime_max", "Longest time to connect"],
  ["max_response_time_seconds", "g", "BS", "rtime_max", "Longest time to respond"],
  ["max_total_time_seconds", "g", "BS", "ttime_max", "Longest duration"],
  ["unsafe_idle_connections_current", "g", "S", "idle_conn_cur", "Idle connections not safe to share"],
  ["safe_idle_connections_current", "g", "S", "safe_conn_cur", "Idle connections safe to share"],
  ["used_connections_current", "g", "S", "used_conn_cur", "Connections in use"],
  ["need_connections_current", "g", "S", "need_conn_est", "Connections expected to be needed"],
  ["uweight", "g", "BS", "uweight", "Weight as the operator set it"],
];

const codes: MetricKind["byCode"] = [
  ["1xx", "hrsp_1xx"],
  ["2xx", "hrsp_2xx"],
  ["3xx", "hrsp_3xx"],
  ["4xx", "hrsp_4xx"],
  ["5xx", "hrsp_5xx"],
  ["other", "hrsp_other"],
];

/** Columns in ms that metrics show in seconds. */
const milliseconds = new Set<Column>([
  "check_duration",
  "qtime",
  "ctime",
  "rtime",
  "ttime",
  "qtime_max",
  "ctime_max",
  "rtime_max",
  "ttime_max",
]);

/** Every metric of proxies and servers. */
export const proxyMetrics: readonly MetricKind[] = table.map(([suffix, type, on, column, help]) => ({
  suffix,
  type: type === "g" ? "gauge" : "counter",
  on: [...on] as RowKind[],
  column,
  scale: milliseconds.has(column) ? 0.001 : 1,
  help,
  isHttp: suffix.startsWith("http_") || suffix === "intercepted_requests_total",
  byCode: column === "hrsp_1xx" ? codes : null,
}));

/** Metrics of the process: suffix, `show info` field, type, help, scale. */
export const processMetrics: readonly (readonly [string, string, "gauge" | "counter", string, number])[] = (
  [
    ["nbthread", "Nbthread", "g", "Threads that move data"],
    ["nbproc", "Nbproc", "g", "Processes, always 1"],
    ["relative_process_id", "Process_num", "g", "Number of this process, always 1"],
    ["uptime_seconds", "Uptime_sec", "g", "Seconds since the start"],
    ["pool_failures_total", "PoolFailed", "c", "Allocations that failed"],
    ["max_fds", "Ulimit-n", "g", "Descriptors the process may have"],
    ["max_sockets", "Maxsock", "g", "Sockets the process may have"],
    ["max_connections", "Maxconn", "g", "Client connections taken at once"],
    ["hard_max_connections", "Hard_maxconn", "g", "The same as it was at the start"],
    ["current_connections", "CurrConns", "g", "Client connections now"],
    ["connections_total", "CumConns", "c", "Client connections since the start"],
    ["requests_total", "CumReq", "c", "Sessions and requests since the start"],
    ["max_ssl_connections", "MaxSslConns", "g", "Limit of TLS connections"],
    ["current_ssl_connections", "CurrSslConns", "g", "TLS connections now"],
    ["ssl_connections_total", "CumSslConns", "c", "TLS connections since the start"],
    ["max_pipes", "Maxpipes", "g", "Limit of pipes"],
    ["pipes_used_total", "PipesUsed", "c", "Pipes that carry data"],
    ["pipes_free_total", "PipesFree", "c", "Pipes kept for use"],
    ["current_connection_rate", "ConnRate", "g", "New client connections in the last second"],
    ["limit_connection_rate", "ConnRateLimit", "g", "Limit of new connections a second"],
    ["max_connection_rate", "MaxConnRate", "g", "Most new connections in a second"],
    ["current_session_rate", "SessRate", "g", "New sessions in the last second"],
    ["limit_session_rate", "SessRateLimit", "g", "Limit of new sessions a second"],
    ["max_session_rate", "MaxSessRate", "g", "Most new sessions in a second"],
    ["current_ssl_rate", "SslRate", "g", "New TLS connections in the last second"],
    ["limit_ssl_rate", "SslRateLimit", "g", "Limit of new TLS connections a second"],
    ["max_ssl_rate", "MaxSslRate", "g", "Most new TLS connections in a second"],
    ["current_frontend_ssl_key_rate", "SslFrontendKeyRate", "g", "New TLS keys of clients in the last second"],
    ["max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate", "g", "Most new TLS keys of clients in a second"],
    ["frontend_ssl_reuse", "SslFrontendSessionReuse_pct", "g", "TLS sessions of clients taken up again, per cent"],
    ["current_backend_ssl_key_rate", "SslBackendKeyRate", "g", "New TLS keys of servers in the last second"],
    ["max_backend_ssl_key_rate", "SslBackendMaxKeyRate", "g", "Most new TLS keys of servers in a second"],
    ["ssl_cache_lookups_total", "SslCacheLookups", "c", "TLS session cache: searches"],
    ["ssl_cache_misses_total", "SslCacheMisses", "c", "TLS session cache: searches in vain"],
    ["http_comp_bytes_in_total", "CompressBpsIn", "c", "Bytes to be compressed"],
    ["http_comp_bytes_out_total", "CompressBpsOut", "c", "Bytes after compression"],
    ["limit_http_comp", "CompressBpsRateLim", "g", "Limit of compression"],
    ["current_zlib_memory", "ZlibMemUsage", "g", "Memory used by compression"],
    ["max_zlib_memory", "MaxZlibMemUsage", "g", "Limit of that memory"],
    ["current_tasks", "Tasks", "g", "Sessions, checks and listeners at work"],
    ["current_run_queue", "Run_queue", "g", "Tasks that wait for the processor"],
    ["idle_time_percent", "Idle_pct", "g", "Time spent waiting, per cent"],
    ["stopping", "Stopping", "g", "1 while the process finishes"],
    ["jobs", "Jobs", "g", "Listeners and sessions"],
    ["unstoppable_jobs", "Unstoppable Jobs", "g", "Jobs that do not hold up the end"],
    ["listeners", "Listeners", "g", "Sockets that listen"],
    ["active_peers", "ActivePeers", "g", "Peers that exchange data"],
    ["connected_peers", "ConnectedPeers", "g", "Peers connected"],
    ["dropped_logs_total", "DroppedLogs", "c", "Log lines that could not be delivered"],
    ["busy_polling_enabled", "BusyPolling", "g", "1 while the process polls without sleeping"],
    ["failed_resolutions", "FailedResolutions", "c", "Names that did not resolve"],
    ["bytes_out_total", "TotalBytesOut", "c", "Bytes sent to clients and servers"],
    ["spliced_bytes_out_total", "TotalSplicdedBytesOut", "c", "Bytes sent without a copy"],
    ["bytes_out_rate", "BytesOutRate", "g", "Bytes sent in the last second"],
    ["recv_logs_total", "CumRecvLogs", "c", "Log messages received"],
    ["build_info", "Build info", "g", "What was built"],
    ["max_memory_bytes", "Memmax_bytes", "g", "Memory limit, 0: none"],
    ["pool_allocated_bytes", "PoolAlloc_bytes", "g", "Heap taken from the system"],
    ["pool_used_bytes", "PoolUsed_bytes", "g", "Heap in use"],
    ["start_time_seconds", "Start_time_sec", "g", "When the process started, seconds since 1970"],
  ] as const
).map(([suffix, field, type, help]) => [suffix, field, type === "g" ? "gauge" : "counter", help, 1]);
