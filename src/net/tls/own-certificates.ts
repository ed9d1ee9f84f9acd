/** Our own certificates as a handshake may show them: which one it was, engines do not tell. */
import type { KeyObject } from "node:crypto";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { extensionOf, type TlsHello } from "../../wire/tls/hello.ts";
import { TlsOptionError, type TlsIdentity } from "./secure.ts";

/** One of them, with its key. */
export interface OwnCertificate {
  readonly identity: TlsIdentity;
  readonly der: Uint8Array;
  readonly isRsa: boolean;
  /** Schemes that its key can sign with in TLS 1.3 (RFC 8446, section 4.2.3). */
  readonly schemes: readonly number[];
}

const signatureAlgorithms = 13;
const rsaSchemes = [0x0804, 0x0805, 0x0806];
const curveSchemes = new Map([
  ["prime256v1", 0x0403],
  ["secp384r1", 0x0503],
  ["secp521r1", 0x0603],
]);

/** All of `identities`, those first that are tried first: ECDSA, as HAProxy does, whatever their order. Throws a TlsOptionError. */
export function ownCertificates(identities: readonly TlsIdentity[]): readonly OwnCertificate[] {
  const all = identities.map((identity, index) => ownCertificate(identity, index));
  return [...all.filter((one) => !one.isRsa), ...all.filter((one) => one.isRsa)];
}

function ownCertificate(identity: TlsIdentity, index: number): OwnCertificate {
  let certificate: X509Certificate;
  let isPair: boolean;
  try {
    certificate = new X509Certificate(identity.certificate);
    isPair = certificate.checkPrivateKey(createPrivateKey(identity.key));
  } catch (error) {
    throw new TlsOptionError("identity", (error as Error).message, index);
  }
  if (!isPair) throw new TlsOptionError("identity", "the key is not the certificate's", index);
  const { publicKey } = certificate;
  return {
    identity,
    der: new Uint8Array(certificate.raw),
    isRsa: publicKey.asymmetricKeyType === "rsa",
    schemes: schemesOf(publicKey),
  };
}

function schemesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly number[] {
  if (asymmetricKeyType === "rsa") return rsaSchemes;
  if (asymmetricKeyType === "ed25519") return [0x0807];
  const scheme = curveSchemes.get(asymmetricKeyDetails?.namedCurve ?? "");
  return scheme === undefined ? [] : [scheme];
}

/** The one that a server has shown, as the cipher (TLS 1.2) or the client's schemes (1.3) have it; null where there is none. */
export function shownCertificate(
  own: readonly OwnCertificate[],
  protocol: string,
  cipher: string | null,
  hello: Pick<TlsHello, "extensions">,
): Uint8Array | null {
  const isShown =
    protocol === "TLSv1.3"
      ? ({ schemes }: OwnCertificate) => schemes.some((scheme) => isOffered(hello, scheme))
      : ({ isRsa }: OwnCertificate) => isRsa !== cipher?.includes("ECDSA");
  return ((own.length > 1 ? own.find(isShown) : undefined) ?? own[0])?.der ?? null;
}

function isOffered(hello: Pick<TlsHello, "extensions">, scheme: number): boolean {
  const list = extensionOf(hello, signatureAlgorithms) ?? new Uint8Array(0);
  for (let at = 2; at + 1 < list.length; at += 2)
    if (((list[at] ?? 0) << 8) + (list[at + 1] ?? 0) === scheme) return true;
  return false;
}
