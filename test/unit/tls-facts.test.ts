import { expect, test } from "bun:test";
import { handshakeReason } from "../../src/tls-facts.ts";
import { tlsFacts } from "./tls-scene.ts";

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
