/** What is told of TLS on either side; the values are HAProxy 2.6's for the same connections. */
import { expect, test } from "bun:test";
import { fetches } from "../../../../src/rules/fetches/fetches.ts";
import { certificates } from "../../wire/x509/certificate-bytes.ts";
import { failed, tlsFacts } from "../../tls-scene.ts";
import { told, toldAll } from "./told.ts";

const side = "alg_keysize alpn cipher err err_str is_resumed protocol session_id use_keysize".split(" ");

test("a connection without TLS is told to have none, and of the rest nothing", () => {
  const truths = toldAll("ssl_fc ssl_fc_has_sni ssl_fc_is_resumed ssl_bc ssl_bc_is_resumed", {});
  expect(new Set(Object.values(truths))).toEqual(new Set([false]));
  const others = [...fetches.keys()].filter((name) => name.startsWith("ssl_") && !(name in truths));
  expect(others.length).toBeGreaterThan(60);
  expect(others.filter((name) => told(name, {}) !== undefined)).toEqual([]);
});

test("both sides are told by their own names", () => {
  const view = tlsFacts({ alpn: "http/1.1", sessionId: Uint8Array.of(1, 0xab), isResumed: true, algorithmBits: 256 });
  const values = [256, "http/1.1", "TLS_AES_128_GCM_SHA256", 0, undefined, true, "TLSv1.3", "01AB", 128];
  expect(side.map((name) => told(`ssl_fc_${name}`, { clientTls: view }))).toEqual(values);
  expect(side.map((name) => told(`ssl_bc_${name}`, { serverTls: view }))).toEqual(values);
  expect(toldAll("ssl_fc ssl_bc", { clientTls: view })).toEqual({ ssl_fc: true, ssl_bc: false });
  expect(told("ssl_bc", { serverTls: view })).toBe(true);
});

test("the name asked for is told as it was sent", () => {
  const names = "ssl_fc_has_sni ssl_fc_sni";
  expect(toldAll(names, { clientTls: tlsFacts() })).toEqual({ ssl_fc_has_sni: true, ssl_fc_sni: "Srv.Test" });
  const nameless = tlsFacts({ serverName: null });
  expect(toldAll(names, { clientTls: nameless })).toEqual({ ssl_fc_has_sni: false, ssl_fc_sni: undefined });
});

test("a handshake that failed is told as far as it came", () => {
  const names =
    "ssl_fc ssl_fc_alg_keysize ssl_fc_cipher ssl_fc_err ssl_fc_err_str ssl_fc_has_crt ssl_c_used ssl_c_verify";
  expect(toldAll(names, { clientTls: tlsFacts(failed) })).toEqual({
    ssl_fc: true,
    ssl_fc_alg_keysize: undefined,
    ssl_fc_cipher: "(NONE)",
    ssl_fc_err: 0x0a0000c1,
    ssl_fc_err_str: "error:0A0000C1:SSL routines::no shared cipher",
    ssl_fc_has_crt: undefined,
    ssl_c_used: false,
    ssl_c_verify: undefined,
  });
});

test("a certificate of the session that is resumed is used, but was not shown now", () => {
  const names = "ssl_fc_has_crt ssl_c_used ssl_fc_has_early";
  const peerChain = [certificates.alice];
  expect(toldAll(names, { clientTls: tlsFacts({ peerChain, hasFreshPeer: true }) })).toEqual({
    ssl_fc_has_crt: true,
    ssl_c_used: true,
    ssl_fc_has_early: false,
  });
  expect(toldAll(names, { clientTls: tlsFacts({ peerChain, isResumed: true }) })).toMatchObject({
    ssl_fc_has_crt: false,
    ssl_c_used: true,
  });
});

test("what went wrong with a handshake is numbered as HAProxy numbers it", () => {
  const words = [
    "Connection closed during SSL handshake",
    "Connection error during SSL handshake",
    "Timeout during SSL handshake",
    "Too many SSL connections",
    "SSL client CA chain cannot be verified",
    "SSL client certificate not trusted",
    "SSL handshake failure",
  ];
  expect(words.map((clientError) => told("fc_err", { clientError }))).toEqual([24, 25, 26, 27, 30, 31, 34]);
  expect(words.map((clientError) => told("fc_err_str", { clientError }))).toEqual(words);
});
