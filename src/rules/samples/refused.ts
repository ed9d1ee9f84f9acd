/** Sample fetches and converters that HAProxy knows and this program refuses by name: they need TLS or the like. */
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
    "TLS termination": `
    ssl_bc ssl_bc_alg_keysize ssl_bc_alpn ssl_bc_cipher ssl_bc_client_random ssl_bc_err ssl_bc_err_str
    ssl_bc_is_resumed ssl_bc_npn ssl_bc_protocol ssl_bc_server_random ssl_bc_session_id
    ssl_bc_session_key ssl_bc_unique_id ssl_bc_use_keysize ssl_c_ca_err ssl_c_ca_err_depth
    ssl_c_chain_der ssl_c_der ssl_c_err ssl_c_i_dn ssl_c_key_alg ssl_c_notafter ssl_c_notbefore
    ssl_c_s_dn ssl_c_serial ssl_c_sha1 ssl_c_sig_alg ssl_c_used ssl_c_verify ssl_c_version ssl_f_der
    ssl_f_i_dn ssl_f_key_alg ssl_f_notafter ssl_f_notbefore ssl_f_s_dn ssl_f_serial ssl_f_sha1
    ssl_f_sig_alg ssl_f_version ssl_fc_alg_keysize ssl_fc_alpn ssl_fc_cipher
    ssl_fc_cipherlist_bin ssl_fc_cipherlist_hex ssl_fc_cipherlist_str ssl_fc_cipherlist_xxh
    ssl_fc_client_early_traffic_secret ssl_fc_client_handshake_traffic_secret ssl_fc_client_random
    ssl_fc_client_traffic_secret_0 ssl_fc_early_exporter_secret ssl_fc_ecformats_bin ssl_fc_eclist_bin
    ssl_fc_err ssl_fc_err_str ssl_fc_exporter_secret ssl_fc_extlist_bin ssl_fc_has_crt ssl_fc_has_early
    ssl_fc_has_sni ssl_fc_is_resumed ssl_fc_npn ssl_fc_protocol ssl_fc_protocol_hello_id
    ssl_fc_server_handshake_traffic_secret ssl_fc_server_random ssl_fc_server_traffic_secret_0
    ssl_fc_session_id ssl_fc_session_key ssl_fc_sni ssl_fc_unique_id ssl_fc_use_keysize ssl_s_chain_der
    ssl_s_der ssl_s_i_dn ssl_s_key_alg ssl_s_notafter ssl_s_notbefore ssl_s_s_dn ssl_s_serial ssl_s_sha1
    ssl_s_sig_alg ssl_s_version
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
    TLS: "aes_gcm_dec",
    gRPC: "protobuf ungrpc",
    FIX: "fix_is_valid fix_tag_value",
  }),
);
