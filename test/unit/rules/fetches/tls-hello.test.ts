/** What is told of a client's offer; how it is read and cut stands in test/unit/wire/tls/client-hello.test.ts. The values are HAProxy's. */
import { expect, test } from "bun:test";
import { tlsFacts } from "../../tls-scene.ts";
import { told, toldAll } from "./told.ts";

/** Version 3.3, ten ciphers, and the extensions 000a, 0a0a, 0b0b, 000b and 000d. */
const hello =
  "01000063" +
  `0303${"07".repeat(32)}00` +
  "00140a0a130113020a1a1a0a5a5ac02f00ff5600ffff" +
  "0100" +
  "0026" +
  "000a000a00080a0a001d00171a1a" +
  "0a0a0000" +
  "0b0b000100" +
  "000b0003020001" +
  "000d000400020403";

const tlsOfferBytes = 4096;
const clientTls = tlsFacts({ clientHello: new Uint8Array(Buffer.from(hello, "hex")) });

test("lists of what it offers, whole and without what is there for tolerance", () => {
  const names =
    "ssl_fc_cipherlist_bin ssl_fc_cipherlist_bin(1) ssl_fc_cipherlist_bin(2) ssl_fc_extlist_bin ssl_fc_extlist_bin(1) ssl_fc_eclist_bin ssl_fc_eclist_bin(1) ssl_fc_ecformats_bin ssl_fc_protocol_hello_id ssl_fc_cipherlist_xxh(0)";
  const { "ssl_fc_cipherlist_xxh(0)": sum, ...lists } = toldAll(names, { clientTls, tlsOfferBytes });
  expect(lists).toEqual({
    ssl_fc_cipherlist_bin: "0A0A130113020A1A1A0A5A5AC02F00FF5600FFFF",
    "ssl_fc_cipherlist_bin(1)": "130113020A1A1A0AC02F00FF5600FFFF",
    "ssl_fc_cipherlist_bin(2)": "130113020A1A1A0AC02F00FF5600FFFF",
    ssl_fc_extlist_bin: "000A0A0A0B0B000B000D",
    "ssl_fc_extlist_bin(1)": "000A0B0B000B000D",
    ssl_fc_eclist_bin: "0A0A001D00171A1A",
    "ssl_fc_eclist_bin(1)": "001D0017",
    ssl_fc_ecformats_bin: "0001",
    ssl_fc_protocol_hello_id: 771,
  });
  expect(sum).toBe(Number(5447295870628206554n));
});

test("ciphers by OpenSSL's names, or by their numbers", () => {
  expect(told("ssl_fc_cipherlist_str", { clientTls, tlsOfferBytes })).toBe(
    "UNKNOWN(0a0a),TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,UNKNOWN(0a1a),UNKNOWN(1a0a),UNKNOWN(5a5a),ECDHE-RSA-AES128-GCM-SHA256,TLS_EMPTY_RENEGOTIATION_INFO_SCSV,TLS_FALLBACK_SCSV,UNKNOWN(ffff)",
  );
  expect(told("ssl_fc_cipherlist_hex(1)", { clientTls, tlsOfferBytes })).toBe(
    Buffer.from("130113020A1A1A0AC02F00FF5600FFFF").toString("hex").toUpperCase(),
  );
});

test("nothing is told where no offer is kept", () => {
  expect(told("ssl_fc_cipherlist_bin", { clientTls: tlsFacts(), tlsOfferBytes })).toBeUndefined();
  expect(told("ssl_fc_protocol_hello_id", { clientTls: tlsFacts(), tlsOfferBytes })).toBeUndefined();
  expect(told("ssl_fc_cipherlist_bin", { clientTls })).toBeUndefined();
});
