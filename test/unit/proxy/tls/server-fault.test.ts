import { expect, test } from "bun:test";
import { TlsFailure } from "../../../../src/net/tls/secure.ts";
import { serverFault } from "../../../../src/proxy/tls/server-fault.ts";
import { tlsFacts } from "../../tls-scene.ts";
import { certificates } from "../../wire/x509/certificate-bytes.ts";

const facts = tlsFacts({ isComplete: false, peerChain: [certificates.alice], hasFreshPeer: true });

test("each failure has HAProxy's words, but for what took too long", () => {
  const kinds = ["closed", "lost", "plain", "handshake", "certificate", "name", "timeout", "cancelled"] as const;
  expect(kinds.map((kind) => serverFault(new TlsFailure(kind, "", facts)).reason)).toEqual([
    "SSL handshake failure",
    "SSL handshake failure",
    "SSL handshake failure",
    "SSL handshake failure",
    "SSL handshake failure",
    "Server presented an SSL certificate different from the expected one",
    null,
    null,
  ]);
  expect(serverFault(new TlsFailure("name", "", { ...facts, serverName: null })).reason).toBe(
    "Server presented an SSL certificate different from the configured one",
  );
});

test("whom nobody trusts has shown nothing", () => {
  expect(serverFault(new TlsFailure("certificate", "", facts)).facts).toEqual({
    ...facts,
    peerChain: [],
    hasFreshPeer: false,
  });
  expect(serverFault(new TlsFailure("lost", "")).facts).toMatchObject({ isComplete: false, error: null, cipher: null });
});
