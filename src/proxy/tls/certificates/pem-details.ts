/** What operators are shown of certificates and of lists of revoked ones. Keys are none of it. */
import { X509Certificate } from "node:crypto";
import { wordTable } from "../../../word-table.ts";
import { nameText } from "../../../wire/x509/distinguished-name.ts";
import { readRevocationList } from "../../../wire/x509/revocation-list.ts";
import { readCertificate } from "../../../wire/x509/certificate.ts";

/** A certificate. Texts as HAProxy writes them, distinguished names with one character per byte. */
export interface CertificateDetails {
  readonly serial: string;
  /** `Nov 29 04:50:51 2026 GMT`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** `DNS:a.example, DNS:b.example`; of names of other kinds, only the commas. */
  readonly alternativeNames: string;
  /** `EC256`, `RSA2048`; the key's own word where HAProxy has none. */
  readonly algorithm: string;
  /** Hexadecimal. */
  readonly sha1: string;
  readonly subject: string;
  readonly issuer: string;
}

/** A list of revoked certificates. Null: it says nothing of it. */
export interface RevocationDetails {
  readonly version: number;
  readonly signatureAlgorithm: string;
  readonly issuer: string;
  readonly lastUpdate: string | null;
  readonly nextUpdate: string | null;
  readonly revoked: Iterable<{ readonly serial: string; readonly at: string | null }>;
}

const begin = "-----BEGIN ";

/** The blocks of PEM that the plan, or a judged payload, has; of other labels none. */
function* blocks(pem: string, label: string): Iterable<string> {
  const start = `${begin}${label}-----`;
  for (let at = pem.indexOf(start); at >= 0;) {
    const next = pem.indexOf(begin, at + start.length);
    yield pem.slice(at, next < 0 ? undefined : next);
    at = pem.indexOf(start, at + start.length);
  }
}

/** How many certificates there are. */
export function countCertificates(pem: string): number {
  let count = 0;
  for (const _ of blocks(pem, "CERTIFICATE")) count += 1;
  return count;
}

/** Each as it is come to. */
export function* certificateDetails(pem: string): Iterable<CertificateDetails> {
  for (const block of blocks(pem, "CERTIFICATE")) yield detailsOf(new X509Certificate(block));
}

/** Each as it is come to. */
export function* revocationDetails(pem: string): Iterable<RevocationDetails> {
  for (const block of blocks(pem, "X509 CRL")) {
    const list = readRevocationList(derOf(block));
    if (list === null) continue;
    const { version, signatureAlgorithm, lastUpdate, nextUpdate } = list;
    const revoked = shownSerials(list.revoked);
    yield { version, signatureAlgorithm, lastUpdate, nextUpdate, issuer: nameText(list.issuer), revoked };
  }
}

function* shownSerials(revoked: Iterable<{ readonly serial: Uint8Array; readonly at: string | null }>) {
  for (const { serial, at } of revoked) yield { serial: hex(serial), at };
}

function derOf(block: string): Buffer {
  const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  return Buffer.from(lines.join(""), "base64");
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

const keyKinds = wordTable({ rsaEncryption: "RSA", "id-ecPublicKey": "EC", DSA: "DSA" });

function detailsOf(certificate: X509Certificate): CertificateDetails {
  const { raw, validFrom, validTo, fingerprint, subjectAltName } = certificate;
  const read = readCertificate(raw);
  if (read === null) throw new Error("a certificate that could be read cannot be read");
  const kind = keyKinds.get(read.keyAlgorithm);
  return {
    serial: hex(read.serial),
    notBefore: validFrom,
    notAfter: validTo,
    alternativeNames: dnsNames(subjectAltName, read.dnsNames),
    algorithm: kind === undefined || read.keyBits === null ? read.keyAlgorithm : `${kind}${read.keyBits}`,
    sha1: fingerprint.replaceAll(":", ""),
    subject: nameText(read.subject),
    issuer: nameText(read.issuer),
  };
}

/** HAProxy goes through all alternative names and shows those of DNS: of the others the commas stay. Where a name stands in quotes it is told by itself. */
function dnsNames(all: string | undefined, dns: readonly string[]): string {
  if (all === undefined || all.includes('"')) return dns.map((name) => `DNS:${name}`).join(", ");
  return all
    .split(", ")
    .map((name) => (name.startsWith("DNS:") ? name : ""))
    .join(", ");
}
