/** What is told of certificates. How each is read stands in test/unit/wire/x509/certificate.test.ts. */
import { expect, test } from "bun:test";
import { certificates } from "../../wire/x509/certificate-bytes.ts";
import { tlsFacts } from "../../tls-scene.ts";
import { told, toldAll } from "./told.ts";

const each = "i_dn key_alg notafter notbefore s_dn serial sha1 sig_alg version".split(" ");
const alice = [
  "/CN=Test CA/O=Fair CA",
  "id-ecPublicKey",
  "271127035224Z",
  "261129035224Z",
  "/CN=alice/O=Client Org",
  "FF12",
  "429F4000755A527D6A4F7B2EC3EFB945DD161F3C",
  "ecdsa-with-SHA256",
  3,
];

test("the client's, ours and the server's have the same samples", () => {
  const chain = [certificates.alice];
  expect(each.map((name) => told(`ssl_c_${name}`, { clientTls: tlsFacts({ peerChain: chain }) }))).toEqual(alice);
  const ours = tlsFacts({ ownCertificate: certificates.alice });
  expect(each.map((name) => told(`ssl_f_${name}`, { clientTls: ours }))).toEqual(alice);
  expect(each.map((name) => told(`ssl_s_${name}`, { serverTls: tlsFacts({ peerChain: chain }) }))).toEqual(alice);
  expect(each.map((name) => told(`ssl_c_${name}`, { clientTls: ours }))).toEqual(each.map(() => undefined));
});

test("names by entry, occurrence and form", () => {
  const clientTls = tlsFacts({ peerChain: [certificates.everyAttribute] });
  const names =
    "ssl_c_s_dn(CN) ssl_c_s_dn(OU,2) ssl_c_s_dn(OU,-1) ssl_c_s_dn(OU,9) ssl_c_s_dn(OU,1,rfc2253) ssl_c_i_dn(,0,rfc2253) ssl_c_i_dn(,0,)";
  expect(toldAll(names, { clientTls })).toEqual({
    "ssl_c_s_dn(CN)": "w\\eird;<>=",
    "ssl_c_s_dn(OU,2)": 'Second "q"',
    "ssl_c_s_dn(OU,-1)": " lead and trail ",
    "ssl_c_s_dn(OU,9)": undefined,
    "ssl_c_s_dn(OU,1,rfc2253)": "First",
    "ssl_c_i_dn(,0,rfc2253)": "O=Fair CA,CN=Inter",
    "ssl_c_i_dn(,0,)": "/CN=Inter/O=Fair CA",
  });
});

function hex(...list: readonly Uint8Array[]): string {
  return Buffer.concat(list).toString("hex").toUpperCase();
}

test("a client's chain is told without its own certificate, a server's with it", () => {
  const peerChain = [certificates.everyAttribute, certificates.intermediate];
  const view = tlsFacts({ peerChain });
  expect(told("ssl_c_der", { clientTls: view })).toBe(hex(certificates.everyAttribute));
  expect(told("ssl_c_chain_der", { clientTls: view })).toBe(hex(certificates.intermediate));
  expect(told("ssl_s_chain_der", { serverTls: view })).toBe(hex(...peerChain));
  expect(told("ssl_c_chain_der", { clientTls: tlsFacts({ peerChain: [certificates.alice] }) })).toBeUndefined();
});

test("the root of a chain that is trusted", () => {
  const peerChain = [certificates.everyAttribute, certificates.intermediate, certificates.root];
  expect(told("ssl_c_r_dn", { clientTls: tlsFacts({ peerChain }) })).toBe("/CN=Test CA/O=Fair CA");
  expect(told("ssl_c_r_dn(O)", { clientTls: tlsFacts({ peerChain }) })).toBe("Fair CA");
  expect(told("ssl_c_r_dn", { clientTls: tlsFacts({ peerChain, chainError: 10 }) })).toBeUndefined();
});

test("faults of the client's certificate and of those above it", () => {
  const names = "ssl_c_err ssl_c_ca_err ssl_c_ca_err_depth ssl_c_verify";
  expect(toldAll(names, { clientTls: tlsFacts({ leafError: 20 }) })).toEqual({
    ssl_c_err: 20,
    ssl_c_ca_err: 0,
    ssl_c_ca_err_depth: 0,
    ssl_c_verify: 21,
  });
  expect(toldAll(names, { clientTls: tlsFacts({ chainError: 19, chainErrorDepth: 1 }) })).toEqual({
    ssl_c_err: 0,
    ssl_c_ca_err: 19,
    ssl_c_ca_err_depth: 1,
    ssl_c_verify: 19,
  });
});
