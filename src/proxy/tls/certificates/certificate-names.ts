/** What a certificate of ours is served for: the names in it, and which signatures its key makes. */
import { latin1 } from "../../../wire/latin1.ts";
import { readCertificate } from "../../../wire/x509/certificate.ts";

/** The kind of a certificate's key, as far as it decides who can be served with it. */
export type KeyKind = "rsa" | "ecdsa" | "other";

/** A certificate as SNI finds it. */
export interface CertificateNames {
  /** Lower case, in its order; `*.` before a name stands for one label. */
  readonly names: readonly string[];
  readonly keyKind: KeyKind;
}

/** And how long it is. */
export interface ServedCertificate extends CertificateNames {
  /** When it runs out, in milliseconds since 1970. */
  readonly notAfter: number;
}

/**
 * Reads the first certificate of a PEM text. Its names are the DNS names of its subjectAltName and behind them its common names, which
 * HAProxy takes whether or not there are others; addresses are none. Throws where it is no certificate.
 */
export function readCertificateNames(pem: string): ServedCertificate {
  const certificate = readCertificate(firstBlock(pem));
  if (certificate === null) throw new Error("not a certificate");
  const { dnsNames, subject, keyAlgorithm, notAfter } = certificate;
  const common = subject.filter(({ name }) => name === "CN").map(({ value }) => latin1(value.content));
  const names = new Set([...dnsNames, ...common].map((name) => name.toLowerCase()));
  return { names: [...names], keyKind: keyKindOf(keyAlgorithm), notAfter: timeOf(notAfter) };
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

const noEnd = Date.UTC(9999, 11, 31, 23, 59, 59);

/** `YYMMDDhhmmssZ` of this century. Whatever is none of it is taken for the date that means none (RFC 5280, section 4.1.2.5). */
function timeOf(text: string | null): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (text?.match(/\d\d/g) ?? []).map(Number);
  return text === null ? noEnd : Date.UTC(2000 + year, month - 1, day, hour, minute, second);
}

function keyKindOf(algorithm: string): KeyKind {
  if (algorithm === "rsaEncryption" || algorithm === "RSASSA-PSS") return "rsa";
  return algorithm === "id-ecPublicKey" ? "ecdsa" : "other";
}
