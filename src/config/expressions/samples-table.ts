/** The rows of sample fetches and converters that work here, in the notation of HAProxy's `-dKsmp` and `-dKcnv`. */
import type { Source, ValueType } from "./samples.ts";

/** `name(arguments[,optional]): result`, by where the value comes from. */
export const fetchRows: Readonly<Partial<Record<Source, readonly string[]>>> = {
  constant: [
    "always_false: bool",
    "always_true: bool",
    "bin(string): bin",
    "bool(string): bool",
    "date([integer,string]): sint",
    "date_us: sint",
    "env(string): str",
    "hostname: str",
    "int(integer): sint",
    "ipv4(IPv4 address): ipv4",
    "ipv6(IPv6 address): ipv6",
    "nbproc: sint",
    "proc: sint",
    "rand([integer]): sint",
    "str(string): str",
    "thread: sint",
    "unique-id: str",
    "uuid([integer]): str",
    "var(string[,string]): any",
  ],
  internal: [
    "act_conn: sint",
    "avg_queue(backend): sint",
    "be_conn(backend): sint",
    "be_conn_free(backend): sint",
    "be_sess_rate(backend): sint",
    "connslots(backend): sint",
    "fe_conn(frontend): sint",
    "fe_req_rate(frontend): sint",
    "fe_sess_rate(frontend): sint",
    "last_rule_file: str",
    "last_rule_line: sint",
    "nbsrv(backend): sint",
    "pid: sint",
    "prio_class: sint",
    "prio_offset: sint",
    "queue(backend): sint",
    "srv_conn(server): sint",
    "srv_conn_free(server): sint",
    "srv_is_up(server): bool",
    "srv_iweight(server): sint",
    "srv_queue(server): sint",
    "srv_sess_rate(server): sint",
    "srv_uweight(server): sint",
    "srv_weight(server): sint",
    "stopping: bool",
    "table_avl(table): sint",
    "table_cnt(table): sint",
    "wait_end: bool",
  ],
  client: [
    "accept_date([string]): sint",
    "dst: addr",
    "dst_is_local: bool",
    "dst_port: sint",
    "fc_dst: addr",
    "fc_dst_is_local: bool",
    "fc_dst_port: sint",
    "fc_err: sint",
    "fc_err_str: str",
    "fc_fackets([string]): sint",
    "fc_lost([string]): sint",
    "fc_pp_authority: str",
    "fc_pp_tlv(string): str",
    "fc_pp_unique_id: str",
    "fc_rcvd_proxy: bool",
    "fc_reordering([string]): sint",
    "fc_retrans([string]): sint",
    "fc_rtt([string]): sint",
    "fc_rttvar([string]): sint",
    "fc_sacked([string]): sint",
    "fc_src: addr",
    "fc_src_is_local: bool",
    "fc_src_port: sint",
    "fc_unacked([string]): sint",
    "src: addr",
    "src_is_local: bool",
    "src_port: sint",
  ],
  session: [
    "dst_conn: sint",
    "fe_client_timeout: sint",
    "fe_defbe: str",
    "fe_id: sint",
    "fe_name: str",
    "so_id: sint",
    "so_name: str",
  ],
  request: ["bytes_in: sint", "bytes_out: sint", "method: str", "req.proto_http: bool", "req_proto_http: bool"],
  "request buffer": [
    "rdp_cookie([string]): str",
    "rdp_cookie_cnt([string]): sint",
    "req.len: sint",
    "req.payload(integer,integer): bin",
    "req.payload_lv(integer,integer[,string]): bin",
    "req.rdp_cookie([string]): str",
    "req.rdp_cookie_cnt([string]): sint",
    "req.ssl_alpn: str",
    "req.ssl_ec_ext: bool",
    "req.ssl_hello_type: sint",
    "req.ssl_sni: str",
    "req.ssl_st_ext: sint",
    "req.ssl_ver: sint",
    "req.ver: str",
    "req_len: sint",
    "req_ssl_hello_type: sint",
    "req_ssl_sni: str",
    "req_ssl_ver: sint",
    "req_ver: str",
    "url: str",
  ],
  "request or response buffer": ["payload(integer,integer): bin", "payload_lv(integer,integer[,string]): bin"],
  backend: [
    "be_id: sint",
    "be_name: str",
    "be_server_timeout: sint",
    "be_tunnel_timeout: sint",
    "cur_server_timeout: sint",
    "cur_tunnel_timeout: sint",
  ],
  server: ["srv_id: sint", "srv_name: str"],
  "server address": [
    "bc_dst: addr",
    "bc_dst_port: sint",
    "bc_err: sint",
    "bc_err_str: str",
    "bc_rtt([string]): sint",
    "bc_rttvar([string]): sint",
    "bc_src: addr",
    "bc_src_port: sint",
  ],
  "response buffer": [
    "rep_ssl_hello_type: sint",
    "res.len: sint",
    "res.payload(integer,integer): bin",
    "res.payload_lv(integer,integer[,string]): bin",
    "res.ssl_hello_type: sint",
  ],
};

/** A counter of a stick-table entry as fetches name it: `sc_NAME`, `sc0_NAME`…, `src_NAME`. `index`: GPC and GPT arrays take one. */
export interface StickFetchRow {
  readonly name: string;
  readonly index: boolean;
  readonly forms: "sc" | "src" | "sc src";
  readonly result: ValueType;
}

const counted = "bytes_in_rate bytes_out_rate clr_gpc0 clr_gpc1 conn_cnt conn_cur conn_rate get_gpc0 get_gpc1 get_gpt0";
const moreCounted = "gpc0_rate gpc1_rate http_err_cnt http_err_rate http_fail_cnt http_fail_rate http_req_cnt";
const andMore = "http_req_rate inc_gpc0 inc_gpc1 kbytes_in kbytes_out sess_cnt sess_rate";

export const stickFetchRows: readonly StickFetchRow[] = [
  ...`${counted} ${moreCounted} ${andMore}`
    .split(" ")
    .map((name) => ({ name, index: false, forms: "sc src", result: "sint" }) as const),
  ...["clr_gpc", "get_gpc", "get_gpt", "gpc_rate", "inc_gpc"].map(
    (name) => ({ name, index: true, forms: "sc src", result: "sint" }) as const,
  ),
  { name: "tracked", index: false, forms: "sc", result: "bool" },
  { name: "trackers", index: false, forms: "sc", result: "sint" },
  { name: "updt_conn_cnt", index: false, forms: "src", result: "sint" },
];

/** `name(arguments[,optional]): input -> result`. */
export const converterRows: readonly string[] = [
  "add(number or variable): sint -> sint",
  "add_item(string,string[,string]): str -> str",
  "and(number or variable): sint -> sint",
  "b64dec: str -> bin",
  "base64: bin -> str",
  "be2dec(string[,integer,integer]): bin -> str",
  "be2hex(string[,integer,integer]): bin -> str",
  "bool: sint -> bool",
  "bytes(integer[,integer]): bin -> bin",
  "concat(string[,string,string]): str -> str",
  "cpl: sint -> sint",
  "crc32([integer]): bin -> sint",
  "crc32c([integer]): bin -> sint",
  "cut_crlf: str -> str",
  "debug([string,string]): any -> any",
  "digest(string): bin -> bin",
  "div(number or variable): sint -> sint",
  "djb2([integer]): bin -> sint",
  "even: sint -> bool",
  "field(integer,string[,integer]): str -> str",
  "hex: bin -> str",
  "hex2i: str -> sint",
  "hmac(string,string): bin -> bin",
  "host_only: str -> str",
  "htonl: sint -> bin",
  "http_date([integer,string]): sint -> str",
  "iif(string,string): bool -> str",
  "ipmask(IPv4 mask[,IPv6 mask]): addr -> addr",
  "json(string): str -> str",
  "json_query(string[,string]): str -> any",
  "length: str -> sint",
  "lower: str -> str",
  "ltime(string[,integer]): sint -> str",
  "ltrim(string): str -> str",
  "mod(number or variable): sint -> sint",
  "mqtt_field_value(string,string): bin -> str",
  "mqtt_is_valid: bin -> bool",
  "mul(number or variable): sint -> sint",
  "nbsrv: str -> sint",
  "neg: sint -> sint",
  "not: sint -> bool",
  "odd: sint -> bool",
  "or(number or variable): sint -> sint",
  "port_only: str -> sint",
  "regsub(regex,string[,string]): str -> str",
  "rtrim(string): str -> str",
  "sdbm([integer]): bin -> sint",
  "secure_memcmp(string): bin -> bool",
  "set-var(string[,string,string,string,string]): any -> any",
  "sha1: bin -> bin",
  "sha2([integer]): bin -> bin",
  "srv_queue: str -> sint",
  "strcmp(string): str -> sint",
  "sub(number or variable): sint -> sint",
  "ub64dec: str -> str",
  "ub64enc: str -> str",
  "unset-var(string): any -> any",
  "upper: str -> str",
  "url_dec([integer]): str -> str",
  "url_enc(string): str -> str",
  "utime(string[,integer]): sint -> str",
  "word(integer,string[,integer]): str -> str",
  "wt6([integer]): bin -> sint",
  "xor(number or variable): sint -> sint",
  "xxh3([integer]): bin -> sint",
  "xxh32([integer]): bin -> sint",
  "xxh64([integer]): bin -> sint",
  ...["", "_beg", "_dir", "_dom", "_end", "_reg", "_str", "_sub"].flatMap((match) => mapRows(match, "str")),
  ...mapRows("_int", "sint"),
  ...mapRows("_ip", "addr"),
  "map_regm(map file[,string]): str -> str",
];

/** `map_beg`, `map_beg_int`, `map_beg_ip`, and (where the name is not taken by a match) `map_beg_str`. */
function mapRows(match: string, input: ValueType): string[] {
  const rows = [`map${match}(map file[,string]): ${input} -> str`];
  if (match === "") return rows;
  rows.push(
    `map${match}_int(map file[,integer]): ${input} -> sint`,
    `map${match}_ip(map file[,string]): ${input} -> addr`,
  );
  return rows;
}

const tableCounters = "bytes_in_rate bytes_out_rate conn_cnt conn_cur conn_rate gpc0 gpc0_rate gpc1 gpc1_rate gpt0";
const moreTableCounters = "http_err_cnt http_err_rate http_fail_cnt http_fail_rate http_req_cnt http_req_rate";
const lastTableCounters = "kbytes_in kbytes_out server_id sess_cnt sess_rate trackers";

/** What a stick table says about the key that is given. */
export const stickConverterRows: readonly string[] = [
  "in_table(table): any -> bool",
  ...`${tableCounters} ${moreTableCounters} ${lastTableCounters}`
    .split(" ")
    .map((name) => `table_${name}(table): any -> sint`),
  ...["gpc", "gpc_rate", "gpt"].map((name) => `table_${name}(integer,table): any -> sint`),
  ...["expire", "idle"].map((name) => `table_${name}(table[,integer]): any -> sint`),
];
