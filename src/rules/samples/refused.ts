/** Sample fetches and converters that HAProxy knows and this program refuses by name: they need what is not here. */
import { wordTable } from "../../word-table.ts";

/** The words of each reason, by word. */
function named(groups: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const entries = [...groups].flatMap(([reason, words]) =>
    words
      .trim()
      .split(/\s+/)
      .map((word) => [word, reason] as const),
  );
  return new Map(entries);
}

/** Name to what it would need. */
export const refusedFetches: ReadonlyMap<string, string> = named(
  wordTable({
    "the cache": `
    res.cache_hit res.cache_name
  `,
    FastCGI: `
    fcgi.docroot fcgi.index
  `,
    "what the TLS engine keeps to itself": `
    ssl_bc_client_random ssl_bc_server_random ssl_bc_session_key ssl_bc_unique_id
    ssl_fc_client_early_traffic_secret ssl_fc_client_handshake_traffic_secret ssl_fc_client_random
    ssl_fc_client_traffic_secret_0 ssl_fc_early_exporter_secret ssl_fc_exporter_secret
    ssl_fc_server_handshake_traffic_secret ssl_fc_server_random ssl_fc_server_traffic_secret_0
    ssl_fc_session_key ssl_fc_unique_id
  `,
    "NPN, which ALPN has replaced": `
    ssl_bc_npn ssl_fc_npn
  `,
    "HAProxy's own internals": `
    cpu_calls cpu_ns_avg cpu_ns_tot internal.htx.data internal.htx.free internal.htx.free_data
    internal.htx.has_eom internal.htx.nbblks internal.htx.size internal.htx.used internal.htx_blk.data
    internal.htx_blk.hdrname internal.htx_blk.hdrval internal.htx_blk.size internal.htx_blk.start_line
    internal.htx_blk.type internal.strm.is_htx lat_ns_avg lat_ns_tot
  `,
    distcc: `
    distcc_body distcc_param
  `,
  }),
);

/** Name to what it would need. */
export const refusedConverters: ReadonlyMap<string, string> = named(
  wordTable({
    "JSON web tokens": "jwt_header_query jwt_payload_query jwt_verify",
    gRPC: "protobuf ungrpc",
    FIX: "fix_is_valid fix_tag_value",
  }),
);
