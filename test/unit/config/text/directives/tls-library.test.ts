/** The library of TLS that a runtime tells of. */
import { expect, test } from "bun:test";
import { libraryOf, tlsLibrary } from "../../../../../src/config/text/directives/tls-library.ts";

test("runtimes tell which they have", () => {
  expect(libraryOf({ boringssl: "fe703e9", openssl: "1.1.0" })).toEqual({ name: "BoringSSL", version: "1.1.1" });
  expect(libraryOf({ openssl: "3.0.19+quic" })).toEqual({ name: "OpenSSL", version: "3.0.19" });
  expect(libraryOf({})).toEqual({ name: "OpenSSL", version: "1.1.1" });
  expect(tlsLibrary.name).toBe("BoringSSL");
});
