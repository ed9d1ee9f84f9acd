/** A TLS connection as rules, logs and PROXY headers see it: what its handshake came to, and what certificates and hellos say once that is asked for. */
import type { TlsFacts } from "../tls-facts.ts";
import { type OfferedLists, readOfferedLists } from "../wire/client-hello.ts";
import { type Certificate, readCertificate } from "../wire/x509.ts";

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
