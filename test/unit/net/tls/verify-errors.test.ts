/** One word of an engine, and what OpenSSL would have said of such a chain. */
import { expect, test } from "bun:test";
import { isVerifyError, noFault, type Validity, verdictOf } from "../../../../src/net/tls/verify-errors.ts";

const now = Date.UTC(2026, 0, 1);
const good = { from: now - 1, to: now + 1, isOwnIssuer: false };
const old = { ...good, to: now - 1 };
const early = { ...good, from: now + 1 };
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

function verdict(code: string | null, chain: readonly Validity[]): readonly number[] {
  const { leafError, chainError, chainErrorDepth } = verdictOf(code, chain, now);
  return [leafError, chainError, chainErrorDepth];
}

test("an engine's word has OpenSSL's number, and a place in the chain", () => {
  expect(verdict(null, [good])).toEqual([0, 0, 0]);
  expect(verdict("CERT_HAS_EXPIRED", [old, good])).toEqual([10, 0, 0]);
  expect(verdict("CERT_HAS_EXPIRED", [good, old])).toEqual([0, 10, 1]);
  expect(verdict("CERT_NOT_YET_VALID", [good, good, early])).toEqual([0, 9, 2]);
  expect(verdict("CERT_REVOKED", [good, good])).toEqual([23, 0, 0]);
  expect(verdict("CERT_REVOKED", [good, good, good])).toEqual([23, 23, 1]);
  expect(verdict("UNABLE_TO_VERIFY_LEAF_SIGNATURE", [good])).toEqual([20, 0, 0]);
  expect(verdict("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", [good, good])).toEqual([0, 20, 1]);
  expect(verdict("DEPTH_ZERO_SELF_SIGNED_CERT", [good])).toEqual([18, 0, 0]);
  expect(verdict("SELF_SIGNED_CERT_IN_CHAIN", [good, good])).toEqual([0, 19, 1]);
  expect(verdict("SOMETHING_NEW", [good])).toEqual([1, 0, 0]);
});

test("what is not about a certificate is told from what is", () => {
  expect([isVerifyError("CERT_HAS_EXPIRED"), isVerifyError("EPROTO"), isVerifyError("ECONNRESET")]).toEqual([
    true,
    false,
    false,
  ]);
});
