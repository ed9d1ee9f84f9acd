/** What came of verifying a certificate, as OpenSSL numbers it. */
import type { TlsFacts } from "../../tls-facts.ts";

/** The numbers of X509_V_ERR_… by the rest of their names, which `node:tls` gives. See openssl/x509_vfy.h. */
const numbers = new Map<string, number>([
  ["UNSPECIFIED", 1],
  ["UNABLE_TO_GET_ISSUER_CERT", 2],
  ["UNABLE_TO_GET_CRL", 3],
  ["UNABLE_TO_DECRYPT_CERT_SIGNATURE", 4],
  ["UNABLE_TO_DECRYPT_CRL_SIGNATURE", 5],
  ["UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", 6],
  ["CERT_SIGNATURE_FAILURE", 7],
  ["CRL_SIGNATURE_FAILURE", 8],
  ["CERT_NOT_YET_VALID", 9],
  ["CERT_HAS_EXPIRED", 10],
  ["CRL_NOT_YET_VALID", 11],
  ["CRL_HAS_EXPIRED", 12],
  ["ERROR_IN_CERT_NOT_BEFORE_FIELD", 13],
  ["ERROR_IN_CERT_NOT_AFTER_FIELD", 14],
  ["ERROR_IN_CRL_LAST_UPDATE_FIELD", 15],
  ["ERROR_IN_CRL_NEXT_UPDATE_FIELD", 16],
  ["OUT_OF_MEM", 17],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", 18],
  ["SELF_SIGNED_CERT_IN_CHAIN", 19],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 20],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", 21],
  ["CERT_CHAIN_TOO_LONG", 22],
  ["CERT_REVOKED", 23],
  ["INVALID_CA", 24],
  ["PATH_LENGTH_EXCEEDED", 25],
  ["INVALID_PURPOSE", 26],
  ["CERT_UNTRUSTED", 27],
  ["CERT_REJECTED", 28],
]);

/** Whether an engine's word is about a certificate at all. */
export function isVerifyError(code: string): boolean {
  return numbers.has(code);
}

const notYetValid = 9;
const hasExpired = 10;
const selfSigned = 18;
const cannotGetIssuer = 20;
const cannotVerifyLeaf = 21;
/** Those that are never said of the peer's own certificate where it has a chain. */
const ofTheChain: ReadonlySet<number> = new Set([2, 19, cannotGetIssuer, 22, 24, 25]);

/** What is known of one certificate. Instants in ms since 1970. */
export interface Validity {
  readonly from: number;
  readonly to: number;
  /** It names itself as its issuer. */
  readonly isOwnIssuer: boolean;
}

/** What came of verifying a peer's certificate; both 0: it is trusted, or none was asked for. */
export type TlsVerdict = Pick<TlsFacts, "leafError" | "chainError" | "chainErrorDepth">;

/** Trusted, or not asked for. */
export const noFault: TlsVerdict = { leafError: 0, chainError: 0, chainErrorDepth: 0 };

/**
 * The verdict behind the one word that an engine gives, the last error that it met; null: none.
 *
 * An engine does not tell how far up the chain it was: of times the chain tells, of some errors their kind. Of others it is both a
 * fault of the certificate and of its CA where that is not the root, so that whoever forgives one of them alone forgives none.
 * `chain` begins with the peer's own.
 */
export function verdictOf(code: string | null, chain: readonly Validity[], now: number): TlsVerdict {
  if (code === null) return noFault;
  const error = numbers.get(code) ?? 1;
  // OpenSSL meets this behind the other, which is what it is about; of one that names itself it says that.
  const isAlone = error === cannotVerifyLeaf || (error === cannotGetIssuer && chain.length === 1);
  if (isAlone) return ofLeaf(chain[0]?.isOwnIssuer === true ? selfSigned : cannotGetIssuer);
  if (error === notYetValid || error === hasExpired) {
    const isWrong = ({ from, to }: Validity): boolean => (error === notYetValid ? now < from : now > to);
    return placed(error, Math.max(0, chain.findIndex(isWrong)));
  }
  if (ofTheChain.has(error)) return placed(error, Math.max(0, chain.length - 1));
  return chain.length > 2 && error !== selfSigned
    ? { leafError: error, chainError: error, chainErrorDepth: 1 }
    : ofLeaf(error);
}

function ofLeaf(error: number): TlsVerdict {
  return { ...noFault, leafError: error };
}

function placed(error: number, depth: number): TlsVerdict {
  return depth === 0 ? ofLeaf(error) : { leafError: 0, chainError: error, chainErrorDepth: depth };
}
