import { expect, test } from "bun:test";
import { factsOfHello, handshakeReason } from "../../src/tls-facts.ts";
import { failed, tlsFacts } from "./tls-scene.ts";

test("a client's certificate that is not trusted, or what is above it, has words of its own", () => {
  const error = "CERTIFICATE_VERIFY_FAILED";
  expect(handshakeReason(tlsFacts({ error, leafError: 10 }))).toBe("SSL client certificate not trusted");
  expect(handshakeReason(tlsFacts({ error, chainError: 20, chainErrorDepth: 1 }))).toBe(
    "SSL client CA chain cannot be verified",
  );
  expect(handshakeReason(tlsFacts({ error }))).toBe("SSL handshake failure");
  expect(handshakeReason(tlsFacts({ error: "NO_SHARED_CIPHER", leafError: 10 }))).toBe("SSL handshake failure");
  expect(handshakeReason(tlsFacts())).toBe("SSL handshake failure");
});

test("a handshake that came no further than a hello has agreed on nothing", () => {
  const facts = factsOfHello({ error: "CALLBACK_FAILED", serverName: "a.test" });
  expect(facts).toEqual(
    tlsFacts({
      ...failed,
      error: "CALLBACK_FAILED",
      serverName: "a.test",
      ownCertificate: null,
    }),
  );
  expect(factsOfHello({ error: null })).toMatchObject({ isComplete: false, serverName: null, clientHello: null });
});
