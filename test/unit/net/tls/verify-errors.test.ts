/** One word of an engine, and what OpenSSL would have said of such a chain. */
import { expect, test } from "bun:test";
import { noFault, verdictOf } from "../../../../src/net/tls/verify-errors.ts";

const now = Date.UTC(2026, 0, 1);
const good = { from: now - 1, to: now + 1, isOwnIssuer: false };
const old = { ...good, to: now - 1 };
const own = { ...good, isOwnIssuer: true };

test("the peer's own certificate, or one above it", () => {
  expect(verdictOf(null, [good], now)).toEqual(noFault);
  expect(verdictOf("CERT_HAS_EXPIRED", [old, good], now)).toEqual({ ...noFault, leafError: 10 });
  expect(verdictOf("CERT_HAS_EXPIRED", [good, old], now)).toEqual({ ...noFault, chainError: 10, chainErrorDepth: 1 });
  expect(verdictOf("SELF_SIGNED_CERT_IN_CHAIN", [good, own], now)).toEqual({
    ...noFault,
    chainError: 19,
    chainErrorDepth: 1,
  });
});

test("one of which the issuer is not there, or is itself", () => {
  expect(verdictOf("UNABLE_TO_VERIFY_LEAF_SIGNATURE", [good], now)).toEqual({ ...noFault, leafError: 20 });
  expect(verdictOf("UNABLE_TO_VERIFY_LEAF_SIGNATURE", [own], now)).toEqual({ ...noFault, leafError: 18 });
  expect(verdictOf("DEPTH_ZERO_SELF_SIGNED_CERT", [own], now)).toEqual({ ...noFault, leafError: 18 });
});
