import { expect, test } from "bun:test";
import { isVerifyError, verdictOf, type Validity } from "../../../../src/net/tls/verify-errors.ts";

const good: Validity = { from: 0, to: 200 };
const old: Validity = { from: 0, to: 50 };
const early: Validity = { from: 150, to: 200 };

function verdict(code: string | null, chain: readonly Validity[]): readonly number[] {
  const { leafError, chainError, chainErrorDepth } = verdictOf(code, chain, 100);
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
