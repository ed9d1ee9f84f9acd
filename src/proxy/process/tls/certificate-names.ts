/** What a certificate of ours is served for: the names in it, and which signatures its key makes. */
import { latin1 } from "../../../wire/latin1.ts";
import { readCertificate } from "../../../wire/x509.ts";

/** The kind of a certificate's key, as far as it decides who can be served with it. */
export type KeyKind = "rsa" | "ecdsa" | "other";

/** A certificate as SNI finds it. */
export interface CertificateNames {
  /** Lower case, in its order; `*.` before a name stands for one label. */
  readonly names: readonly string[];
  readonly keyKind: KeyKind;
}

/**
 * Reads the first certificate of a PEM text. Its names are the DNS names of its subjectAltName and behind them its common names, which
 * HAProxy takes whether or not there are others; addresses are none. Throws where it is no certificate.
 */
export function readCertificateNames(pem: string): CertificateNames {
  const certificate = readCertificate(firstBlock(pem));
  if (certificate === null) throw new Error("not a certificate");
  const { dnsNames, subject, keyAlgorithm } = certificate;
  const common = subject.filter(({ name }) => name === "CN").map(({ value }) => latin1(value.content));
  const names = new Set([...dnsNames, ...common].map((name) => name.toLowerCase()));
  return { names: [...names], keyKind: keyKindOf(keyAlgorithm) };
}

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** The first certificate's bytes; none where there is no block of that kind. */
function firstBlock(pem: string): Uint8Array {
  const at = pem.indexOf(begin);
  const endAt = pem.indexOf(end, at);
  return at < 0 || endAt < 0
    ? new Uint8Array()
    : new Uint8Array(Buffer.from(pem.slice(at + begin.length, endAt), "base64"));
}

function keyKindOf(algorithm: string): KeyKind {
  if (algorithm === "rsaEncryption" || algorithm === "RSASSA-PSS") return "rsa";
  return algorithm === "id-ecPublicKey" ? "ecdsa" : "other";
}
