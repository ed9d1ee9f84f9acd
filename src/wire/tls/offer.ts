/** What a ClientHello says of the certificates its sender can check (RFC 8446, 4.2.3; RFC 5246, 7.4.1.4.1). */
import { offeredCiphers, type TlsHello } from "./hello.ts";

/** Signatures that a client can check. */
export interface SignatureOffer {
  readonly takesEcdsa: boolean;
  readonly takesRsa: boolean;
}

const signatureAlgorithms = 13;

/** Suites of TLS up to 1.2 whose server signs with ECDSA (RFC 4492, 5289, 6209, 6367, 7251, 7905). */
const ecdsaSuites: ReadonlySet<number> = new Set([
  0xc006, 0xc007, 0xc008, 0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c, 0xc048, 0xc049, 0xc05c, 0xc05d, 0xc072,
  0xc073, 0xc086, 0xc087, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xcca9,
]);

/** Suites of TLS 1.3, which leave the signature open. */
function isOpenSuite(suite: number): boolean {
  return suite >> 8 === 0x13;
}

/** RSASSA-PSS with a key for RSA or for PSS alone, by their codes (RFC 8446, 4.2.3). */
function isRsaPss(scheme: number): boolean {
  return (scheme >= 0x0804 && scheme <= 0x0806) || (scheme >= 0x0809 && scheme <= 0x080b);
}

/**
 * Reads a client's hello. One that names no algorithms can check RSA alone, as before TLS 1.2; ECDSA needs a suite that signs by it as
 * well.
 */
export function readSignatureOffer(hello: TlsHello): SignatureOffer {
  const algorithms = hello.extensions.find(({ type }) => type === signatureAlgorithms)?.data;
  if (algorithms === undefined) return { takesEcdsa: false, takesRsa: true };
  let takesEcdsa = false;
  let takesRsa = false;
  const end = Math.min(algorithms.length, 2 + uint16(algorithms, 0));
  for (let at = 2; at + 2 <= end; at += 2) {
    const scheme = uint16(algorithms, at);
    const signature = scheme & 0xff;
    if (signature === 1 || isRsaPss(scheme)) takesRsa = true;
    else if (signature === 3 && scheme >> 8 <= 6) takesEcdsa = true;
  }
  return { takesEcdsa: takesEcdsa && hasEcdsaSuite(offeredCiphers(hello)), takesRsa };
}

function hasEcdsaSuite(suites: Uint8Array): boolean {
  for (let at = 0; at + 2 <= suites.length; at += 2) {
    const suite = uint16(suites, at);
    if (isOpenSuite(suite) || ecdsaSuites.has(suite)) return true;
  }
  return false;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
