/** What operators bring of certificates at run time, judged as files are that a configuration names (management guide, "set ssl cert"). */
import { X509Certificate } from "node:crypto";
import type { ChainsPlan } from "../../plan/tls.ts";
import { Complaint } from "../text/complaint.ts";
import { authorityBlocks } from "./authorities.ts";
import { certificatesIn, issuerChain, keyIn, refuseWeak, sentChain } from "./certificate.ts";
import { pemBlocks } from "./pem.ts";

/** Either is PEM, and null where it is not there. */
export interface CertificateHalves {
  readonly chain: string | null;
  readonly key: string | null;
}

/** Why something is not taken, in HAProxy's words. */
export interface PayloadRefusal {
  readonly refused: string;
}

/** A certificate, with its chain and its key where they are there. */
export function readCertificatePayload(
  name: string,
  text: string,
  chains: ChainsPlan,
): CertificateHalves | PayloadRefusal {
  return refusing(() => {
    const blocks = pemBlocks(text);
    const { leaf, chain } = certificatesIn(name, blocks, null);
    const issuers = chains.issuers.map(issuerChain);
    const key = keyIn(blocks);
    return {
      chain: sentChain(leaf, chain, { issuers, skipsSelfIssued: chains.skipsSelfIssued }),
      key: key === null ? null : String(key.export({ type: "pkcs8", format: "pem" })),
    };
  });
}

/** A key by itself. */
export function readKeyPayload(name: string, text: string): Pick<CertificateHalves, "key"> | PayloadRefusal {
  const key = keyIn(pemBlocks(text));
  if (key === null) return { refused: `unable to load private key from file '${name}'.` };
  return { key: String(key.export({ type: "pkcs8", format: "pem" })) };
}

/** The certificate of an issuer, which counts for stapled answers alone: there it is only looked at. */
export function issuerComplaint(name: string, text: string): string | null {
  return issuerChain(text).length > 0 ? null : `'${name}' cannot be read or parsed'.`;
}

/** What keeps a certificate from being served; null: nothing. */
export function certificateComplaint(name: string, { chain, key }: CertificateHalves): string | null {
  if (key === null) return "The transaction must contain at least a certificate and a private key!";
  const outcome = refusing(() => {
    const leaf = chain === null ? null : new X509Certificate(chain);
    if (leaf === null || !hasKey(leaf, key)) {
      throw new Complaint(`inconsistencies between private key and certificate loaded '${name}'.`);
    }
    refuseWeak(name, leaf, key, null);
    return null;
  });
  return outcome === null ? null : outcome.refused;
}

function hasKey(leaf: X509Certificate, key: string): boolean {
  const block = keyIn(pemBlocks(key));
  return block !== null && leaf.checkPrivateKey(block);
}

/** Certificates of authorities, of which there must be one at least; null: there is none, or one is broken. */
export function readAuthoritiesPayload(text: string): string | null {
  return blocksWith(text, "-----BEGIN CERTIFICATE-----");
}

/** Lists of revoked certificates, the same way: HAProxy takes what has none, and then nobody is let in. */
export function readRevocationsPayload(text: string): string | null {
  return blocksWith(text, "-----BEGIN X509 CRL-----");
}

function blocksWith(text: string, wanted: string): string | null {
  const blocks = authorityBlocks(text);
  return blocks?.includes(wanted) === true ? blocks : null;
}

function refusing<Outcome>(judge: () => Outcome): Outcome | PayloadRefusal {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { refused: error.advice === null ? error.message : `${error.message}\n${error.advice}` };
  }
}
