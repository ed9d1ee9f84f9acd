/** A TLS connection as rules, logs and PROXY headers see it: what its handshake came to, and what certificates and hellos say once that is asked for. */
import type { TlsFacts } from "../tls-facts.ts";
import { type OfferedLists, readOfferedLists } from "../wire/tls/client-hello.ts";
import { nameText } from "../wire/x509/distinguished-name.ts";
import { type Certificate, readCertificate } from "../wire/x509/certificate.ts";

/** Read once, for as long as somebody has the bytes. */
const certificates = new WeakMap<Uint8Array, Certificate | null>();

function certificateOf(der: Uint8Array | null | undefined): Certificate | null {
  if (der === null || der === undefined) return null;
  let certificate = certificates.get(der);
  if (certificate === undefined) certificates.set(der, (certificate = readCertificate(der)));
  return certificate;
}

/** The other side's certificate; null: it sent none, or it cannot be read. */
export function peerCertificate(facts: TlsFacts): Certificate | null {
  return certificateOf(facts.peerChain[0]);
}

/**
 * The certificates that the other side sent, as far as that is known: an engine adds the root that it trusts, which nobody sends.
 */
export function sentChain({ peerChain }: TlsFacts): readonly Uint8Array[] {
  return peerChain.length > 1 && isSelfIssued(certificateOf(peerChain.at(-1))) ? peerChain.slice(0, -1) : peerChain;
}

/** The root of the other side's chain; null: the chain does not end in one, or is not trusted. */
export function rootCertificate(facts: TlsFacts): Certificate | null {
  const last = certificateOf(facts.peerChain.at(-1));
  return verifyResult(facts) === 0 && isSelfIssued(last) ? last : null;
}

function isSelfIssued(certificate: Certificate | null): boolean {
  return certificate !== null && nameText(certificate.subject) === nameText(certificate.issuer);
}

/** Ours. */
export function ownCertificate(facts: TlsFacts): Certificate | null {
  return certificateOf(facts.ownCertificate);
}

const offers = new WeakMap<Uint8Array, { readonly maxBytes: number; readonly lists: OfferedLists | null }>();

/** What the client has offered, as readOfferedLists; null: nothing of that is kept. */
export function offeredLists({ clientHello }: TlsFacts, maxBytes: number): OfferedLists | null {
  if (clientHello === null || maxBytes === 0) return null;
  let offer = offers.get(clientHello);
  if (offer?.maxBytes !== maxBytes) {
    offer = { maxBytes, lists: readOfferedLists(clientHello, maxBytes) };
    offers.set(clientHello, offer);
  }
  return offer.lists;
}

/** X509_V_ERR numbers (RFC 5280's faults as OpenSSL counts them). */
const noIssuerHere = 20;
const noIssuerSent = 21;

/** What verifying the other side ended with: its last fault, which is the leaf's where that has one. */
export function verifyResult({ leafError, chainError }: TlsFacts): number {
  if (leafError === noIssuerHere) return noIssuerSent;
  return leafError === 0 ? chainError : leafError;
}

/** OpenSSL's word where a connection did not come as far as a cipher. */
export const noCipher = "(NONE)";

/** The cipher as rules and lines name it. */
export function cipherName({ cipher }: TlsFacts): string {
  return cipher ?? noCipher;
}
