import { expect, test } from "bun:test";
import {
  agreedProtocol,
  alpnBytes,
  EngineClientContext,
  EngineServerContext,
} from "../../../../src/net/tls/contexts.ts";
import { TlsOptionError, type ServerContextOptions } from "../../../../src/net/tls/secure.ts";
import { certificate } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";

const own = certificate({ subject: "/CN=one.test", names: "DNS:one.test" });
const other = certificate({ subject: "/CN=two.test", names: "DNS:two.test" });
const broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

function fault(options: Partial<ServerContextOptions>): unknown {
  try {
    const context = new EngineServerContext({ ...serverDefaults, identities: [own], ...options });
    return context.own.length === 0 ? "none of its own" : null;
  } catch (error) {
    if (error instanceof TlsOptionError && error.message !== "") return [error.part, error.index];
    throw error;
  }
}

test("a context says which of its options is of no use", () => {
  const verify = "required";
  const cases: readonly (readonly [Partial<ServerContextOptions>, unknown])[] = [
    [{}, null],
    [{ identities: [] }, ["identity", 0]],
    [{ identities: [own, { certificate: own.certificate, key: other.key }] }, ["identity", 1]],
    [{ identities: [{ certificate: broken, key: own.key }] }, ["identity", 0]],
    [{ identities: [{ certificate: own.certificate, key: "" }] }, ["identity", 0]],
    [{ ca: [own.certificate, broken], verify }, ["ca", 1]],
    [{ ca: [own.certificate], crl: ["nothing"], verify }, ["crl", 0]],
    [{ ciphers: "ECDHE+AESGCM" }, null],
    [{ ciphers: "NOPE" }, ["ciphers", 0]],
    [{ curves: "X25519:P-256" }, null],
    [{ curves: "NOPE" }, ["curves", 0]],
    [{ sigalgs: "ECDSA+SHA256:RSA-PSS+SHA256" }, null],
    [{ sigalgs: "NOPE" }, ["sigalgs", 0]],
    [{ minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, ["versions", 0]],
    [{ alpn: ["h2", ""] }, ["alpn", 1]],
    [{ alpn: ["a".repeat(256)] }, ["alpn", 0]],
  ];
  expect(cases.map(([options]) => fault(options))).toEqual(cases.map(([, expected]) => expected));
});

test("what the system trusts is there for clients", () => {
  expect(new EngineClientContext({ ...clientDefaults, ca: "system" }).own).toEqual([]);
});

test("protocols are written as a hello has them, and agreed on in our order", () => {
  expect(alpnBytes(["h2", "x"]).toString("latin1")).toBe("\x02h2\x01x");
  expect(agreedProtocol(["h2", "http/1.1"], ["http/1.1", "h2"])).toBe("h2");
  expect(agreedProtocol(["h2"], [])).toBeNull();
});
