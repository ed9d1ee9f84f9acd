/** HAProxy's statistics columns, in the order that tools rely on (manual, "Statistics and monitoring"). */
import { wordTable } from "../../word-table.ts";

/** Tags as `show stat typed` writes them: origin, nature, scope; then the value's type. */
const table = `
pxname KNS str|svname KNS str|qcur MGP u32|qmax MMP u32|scur MGP u32|smax MMP u32|slim CLP u32|stot MCP u64|bin MCP u64
bout MCP u64|dreq MCP u64|dresp MCP u64|ereq MCP u64|econ MCP u64|eresp MCP u64|wretr MCP u64|wredis MCP u64
status SGP str|weight MaP u32|act SGP u32|bck SGP u32|chkfail MCP u64|chkdown MCP u64|lastchg MAP u32|downtime MCP u32
qlimit CLS u32|pid KGP u32|iid KGS u32|sid KGS u32|throttle MaP u32|lbtot MCP u64|tracked CNP str|type CGS u32
rate MRP u32|rate_lim CLP u32|rate_max MMP u32|check_status MOP str|check_code MOP u32|check_duration MDP u64
hrsp_1xx MCP u64|hrsp_2xx MCP u64|hrsp_3xx MCP u64|hrsp_4xx MCP u64|hrsp_5xx MCP u64|hrsp_other MCP u64|hanafail MCP u64
req_rate MRP u32|req_rate_max MMP u32|req_tot MCP u64|cli_abrt MCP u64|srv_abrt MCP u64|comp_in MCP u64|comp_out MCP u64
comp_byp MCP u64|comp_rsp MCP u64|lastsess MAP s32|last_chk MOP str|last_agt MOP str|qtime MaP u32|ctime MaP u32
rtime MaP u32|ttime MaP u32|agent_status SOP str|agent_code MOP u32|agent_duration MDP u64|check_desc MOP str
agent_desc MOP str|check_rise CGS u32|check_fall CGS u32|check_health CGS u32|agent_rise CGS u32|agent_fall CGS u32
agent_health CGS u32|addr CGS str|cookie CNS str|mode CGS str|algo CGS str|conn_rate MRP u32|conn_rate_max MMP u32
conn_tot MCP u64|intercepted MCP u64|dcon MCP u64|dses MCP u64|wrew MCP u64|connect MCP u64|reuse MCP u64
cache_lookups MCP u64|cache_hits MCP u64|srv_icur MGP u32|src_ilim CLP u32|qtime_max MMP u32|ctime_max MMP u32
rtime_max MMP u32|ttime_max MMP u32|eint MCP u64|idle_conn_cur MGP u32|safe_conn_cur MGP u32|used_conn_cur MGP u32
need_conn_est MGP u32|uweight MaP u32|agg_server_status MGP u32|agg_server_check_status MGP u32|agg_check_status MGP u32
ssl_sess MCP u64|ssl_reused_sess MCP u64|ssl_failed_handshake MCP u64
`;

/** A column's name. */
export type Column =
  | "pxname"
  | "svname"
  | "qcur"
  | "qmax"
  | "scur"
  | "smax"
  | "slim"
  | "stot"
  | "bin"
  | "bout"
  | "dreq"
  | "dresp"
  | "ereq"
  | "econ"
  | "eresp"
  | "wretr"
  | "wredis"
  | "status"
  | "weight"
  | "act"
  | "bck"
  | "chkfail"
  | "chkdown"
  | "lastchg"
  | "downtime"
  | "qlimit"
  | "pid"
  | "iid"
  | "sid"
  | "throttle"
  | "lbtot"
  | "tracked"
  | "type"
  | "rate"
  | "rate_lim"
  | "rate_max"
  | "check_status"
  | "check_code"
  | "check_duration"
  | "hrsp_1xx"
  | "hrsp_2xx"
  | "hrsp_3xx"
  | "hrsp_4xx"
  | "hrsp_5xx"
  | "hrsp_other"
  | "hanafail"
  | "req_rate"
  | "req_rate_max"
  | "req_tot"
  | "cli_abrt"
  | "srv_abrt"
  | "comp_in"
  | "comp_out"
  | "comp_byp"
  | "comp_rsp"
  | "lastsess"
  | "last_chk"
  | "last_agt"
  | "qtime"
  | "ctime"
  | "rtime"
  | "ttime"
  | "agent_status"
  | "agent_code"
  | "agent_duration"
  | "check_desc"
  | "agent_desc"
  | "check_rise"
  | "check_fall"
  | "check_health"
  | "agent_rise"
  | "agent_fall"
  | "agent_health"
  | "addr"
  | "cookie"
  | "mode"
  | "algo"
  | "conn_rate"
  | "conn_rate_max"
  | "conn_tot"
  | "intercepted"
  | "dcon"
  | "dses"
  | "wrew"
  | "connect"
  | "reuse"
  | "cache_lookups"
  | "cache_hits"
  | "srv_icur"
  | "src_ilim"
  | "qtime_max"
  | "ctime_max"
  | "rtime_max"
  | "ttime_max"
  | "eint"
  | "idle_conn_cur"
  | "safe_conn_cur"
  | "used_conn_cur"
  | "need_conn_est"
  | "uweight"
  | "agg_server_status"
  | "agg_server_check_status"
  | "agg_check_status"
  | "ssl_sess"
  | "ssl_reused_sess"
  | "ssl_failed_handshake";

/** A column with what the typed and JSON forms say about it. */
export interface ColumnKind {
  readonly name: Column;
  /** Three letters: origin, nature, scope. */
  readonly tags: string;
  readonly type: string;
}

/** All columns; a column's index is its position. */
export const columns: readonly ColumnKind[] = table
  .trim()
  .split(/[|\n]/)
  .map((entry) => {
    const [name, tags = "", type = ""] = entry.split(" ");
    return { name: name as Column, tags, type };
  });

/** The columns before this one are the same in every HAProxy; in CSV a "-" stands between, as there. */
export const firstOwnColumn = columns.findIndex(({ name }) => name === "ssl_sess");

const origins = wordTable<string>({ M: "Metric", S: "Status", K: "Key", C: "Config", P: "Product" });
const natures = wordTable<string>({
  G: "Gauge",
  L: "Limit",
  m: "Min",
  M: "Max",
  R: "Rate",
  C: "Counter",
  D: "Duration",
  A: "Age",
  T: "Time",
  N: "Name",
  O: "Output",
  a: "Avg",
});
const scopes = wordTable<string>({ C: "Cluster", S: "Service", P: "Process" });

/** What may stand for each of the three letters. */
export const tagWords = {
  origin: [...origins.values()],
  nature: [...natures.values()],
  scope: [...scopes.values()],
};

/** The three letters spelled out, as the JSON forms have them. */
export function tagNames(tags: string): { readonly origin: string; readonly nature: string; readonly scope: string } {
  const [origin = "", nature = "", scope = ""] = tags;
  return {
    origin: origins.get(origin) ?? "Unknown",
    nature: natures.get(nature) ?? "Unknown",
    scope: scopes.get(scope) ?? "Unknown",
  };
}
