/** What an offer has nothing better than: whoever offers something else as well is not meant. */
import type { SshOffer } from "../../ssh-facts.ts";
import { isPostQuantumKex, isPseudoKex } from "../../wire/ssh/negotiation.ts";

/** What it is told by. */
type Lists = Pick<
  SshOffer,
  "keyExchange" | "hostKey" | "ciphersToServer" | "ciphersToClient" | "macsToServer" | "macsToClient"
>;

/** Who would be locked out if it went: true where nothing else is offered. */
export interface Weaknesses {
  readonly sshRsa: boolean;
  readonly sha1: boolean;
  readonly cbc: boolean;
}

/** The best that is offered for a key exchange. */
export type OfferedExchange = "mlkem" | "otherPostQuantum" | "classical";

/** Signatures by RSA with SHA-1 (RFC 4253, 6.6; RFC 8332), with and without a certificate. */
const sshRsaKeys: ReadonlySet<string> = new Set([
  "ssh-rsa",
  "ssh-rsa-cert-v00@openssh.com",
  "ssh-rsa-cert-v01@openssh.com",
]);

/** Signatures with SHA-1. RFC 6187 and RFC 4253, 6.6 for those that OpenSSH has not. */
const sha1Keys: ReadonlySet<string> = new Set([
  ...sshRsaKeys,
  "ssh-dss",
  "ssh-dss-cert-v00@openssh.com",
  "ssh-dss-cert-v01@openssh.com",
  "x509v3-ssh-rsa",
  "x509v3-ssh-dss",
  "x509v3-sign-rsa",
  "x509v3-sign-dss",
  "spki-sign-rsa",
  "spki-sign-dss",
  "pgp-sign-rsa",
  "pgp-sign-dss",
]);

export function weaknessesOf(offer: Lists): Weaknesses {
  const { hostKey, ciphersToServer, ciphersToClient, macsToServer, macsToClient } = offer;
  return {
    sshRsa: isNothingBut(hostKey, (name) => sshRsaKeys.has(name)),
    sha1:
      isNothingBut(hostKey, (name) => sha1Keys.has(name)) ||
      isSha1Exchange(offer.keyExchange) ||
      isSha1Mac(ciphersToServer, macsToServer) ||
      isSha1Mac(ciphersToClient, macsToClient),
    cbc: isNothingBut(ciphersToServer, isCbc) || isNothingBut(ciphersToClient, isCbc),
  };
}

function isSha1Exchange(names: readonly string[]): boolean {
  return names.every((name) => isSha1(name) || isPseudoKex(name)) && names.some((name) => !isPseudoKex(name));
}

function isSha1Mac(ciphers: readonly string[], macs: readonly string[]): boolean {
  return isNothingBut(macs, isSha1) && !ciphers.some(hasOwnMac);
}

/** An empty list says nothing. */
function isNothingBut(names: readonly string[], isSuch: (name: string) => boolean): boolean {
  return names.length > 0 && names.every(isSuch);
}

/** `hmac-sha1-96`, `diffie-hellman-group14-sha1`, `gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g==`, `hmac-sha1-etm@openssh.com`. */
function isSha1(name: string): boolean {
  return name.includes("-sha1");
}

function isCbc(name: string): boolean {
  return name.endsWith("-cbc") || name === "rijndael-cbc@lysator.liu.se";
}

function hasOwnMac(cipher: string): boolean {
  return cipher.startsWith("chacha20-poly1305") || cipher.includes("-gcm");
}

export function offeredExchange(names: readonly string[]): OfferedExchange {
  if (names.some((name) => name.includes("mlkem"))) return "mlkem";
  return names.some(isPostQuantumKex) ? "otherPostQuantum" : "classical";
}
