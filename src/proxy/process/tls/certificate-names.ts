/** What a certificate of ours is served for: the names in it, and which signatures its key makes. */
import { X509Certificate } from "node:crypto";

/** The kind of a certificate's key, as far as it decides who can be served with it. */
export type KeyKind = "rsa" | "ecdsa" | "other";

/** A certificate as SNI finds it. */
export interface CertificateNames {
  /** Lower case, in its order; `*.` before a name stands for one label. */
  readonly names: readonly string[];
  readonly keyKind: KeyKind;
}

/**
 * Reads the first certificate of a PEM text. Its names are the DNS names of its subjectAltName, else its common names (RFC 6125, section
 * 6.4.4); addresses are none. Throws where it is no certificate.
 */
export function readCertificateNames(pem: string): CertificateNames {
  const certificate = new X509Certificate(pem);
  const alternative = dnsNames(certificate.subjectAltName ?? "");
  return {
    names: alternative.length > 0 ? alternative : commonNames(certificate.subject),
    keyKind: keyKindOf(certificate.publicKey.asymmetricKeyType),
  };
}

/** Of `DNS:a.example, IP Address:127.0.0.1`; a value with more than letters in it stands in quotes. */
function dnsNames(text: string): string[] {
  return text
    .split(", ")
    .filter((one) => one.startsWith("DNS:"))
    .map((one) => one.slice("DNS:".length).replaceAll('"', "").toLowerCase());
}

/** Of `O=Example\nCN=a.example`, a line each. */
function commonNames(subject: string): string[] {
  return subject
    .split("\n")
    .filter((one) => one.startsWith("CN="))
    .map((one) => one.slice("CN=".length).toLowerCase());
}

function keyKindOf(type: string | undefined): KeyKind {
  if (type === "rsa" || type === "rsa-pss") return "rsa";
  return type === "ec" ? "ecdsa" : "other";
}
