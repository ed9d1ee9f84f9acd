/** What a KEXINIT calls a host's keys, and whether a signature is right (RFC 4253, section 6.6; RFC 5656; RFC 8332; RFC 8709). */
import { type KeyObject, verify } from "node:crypto";
import { SshFieldReader, withoutLeadingZeros } from "./fields.ts";
import type { HostKey } from "./host-key.ts";
import type { SshDigest } from "./key-exchange.ts";

/** One that a server may list. */
export interface HostKeyAlgorithm {
  readonly name: string;
  /** What one key of a server serves: of those that share it one is enough to ask for. */
  readonly asks: string;
  /** Of the key inside. */
  readonly key: string;
  readonly isCertificate: boolean;
  /** What the signature calls itself. */
  readonly signature: string;
  /** Null: the key's own, which takes the text whole. */
  readonly digest: SshDigest | null;
}

/** Key, signature, digest: in our order of preference, which is OpenSSH's. */
const plain: readonly (readonly [key: string, signature: string, digest: SshDigest | null])[] = [
  ["ssh-ed25519", "ssh-ed25519", null],
  ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "sha256"],
  ["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "sha384"],
  ["ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "sha512"],
  ["ssh-rsa", "rsa-sha2-512", "sha512"],
  ["ssh-rsa", "rsa-sha2-256", "sha256"],
  ["ssh-rsa", "ssh-rsa", "sha1"],
  ["ssh-dss", "ssh-dss", "sha1"],
];

const algorithms: readonly HostKeyAlgorithm[] = [false, true].flatMap((isCertificate) =>
  plain.map(([key, signature, digest]) => ({
    name: isCertificate ? `${signature}-cert-v01@openssh.com` : signature,
    asks: isCertificate ? `${key} certificate` : key,
    key,
    isCertificate,
    signature,
    digest,
  })),
);

/** Of the algorithms that a server lists those to ask for, one a key, plain ones first; and the listed names that we do not know. */
export function algorithmsToAsk(listed: readonly string[]): {
  readonly known: readonly HostKeyAlgorithm[];
  readonly unknown: readonly string[];
} {
  const names = new Set(listed);
  const known = new Map<string, HostKeyAlgorithm>();
  for (const one of algorithms) if (names.has(one.name) && !known.has(one.asks)) known.set(one.asks, one);
  const ours = new Set(algorithms.map(({ name }) => name));
  return { known: [...known.values()], unknown: [...names].filter((name) => !ours.has(name)) };
}

/** "unknown": the runtime's cryptography has no such keys, or not that one; nothing was found out. */
export type SignatureVerdict = "valid" | "invalid" | "unknown";

/**
 * Whether a server that has agreed to an algorithm has signed `text` with that key.
 *
 * Signature: `string name, string blob`; the blob of ECDSA is `mpint r, mpint s`.
 */
export function verifyHostKey(
  algorithm: HostKeyAlgorithm,
  key: HostKey,
  signature: Uint8Array,
  text: Uint8Array,
): SignatureVerdict {
  if (key.name !== algorithm.key || (key.certificate !== null) !== algorithm.isCertificate) return "invalid";
  const fields = new SshFieldReader(signature);
  const [name, blob] = [fields.text(), fields.string()];
  if (!fields.isWhole || !fields.isAtEnd || name !== algorithm.signature) return "invalid";
  if (key.publicKey === null) return "unknown";
  const raw = rawSignature(key, blob);
  return raw === null ? "invalid" : verdict(algorithm.digest, key.publicKey, raw, text);
}

/** As the runtime's cryptography takes it; null: it cannot be one of that key. */
function rawSignature(key: HostKey, blob: Uint8Array): Uint8Array | null {
  const length = Math.ceil(key.bits / 8);
  if (key.type === "RSA") return padded(blob, length);
  if (key.type !== "ECDSA") return blob;
  const fields = new SshFieldReader(blob);
  const [r, s] = [padded(fields.mpint(), length), padded(fields.mpint(), length)];
  if (!fields.isWhole || !fields.isAtEnd || r === null || s === null) return null;
  const both = new Uint8Array(2 * length);
  both.set(r);
  both.set(s, length);
  return both;
}

/** Some leave out the zeros before a number. */
function padded(number: Uint8Array, length: number): Uint8Array | null {
  const digits = withoutLeadingZeros(number);
  if (digits.length > length) return null;
  const bytes = new Uint8Array(length);
  bytes.set(digits, length - digits.length);
  return bytes;
}

function verdict(digest: SshDigest | null, key: KeyObject, signature: Uint8Array, text: Uint8Array): SignatureVerdict {
  try {
    return verify(digest, text, { key, dsaEncoding: "ieee-p1363" }, signature) ? "valid" : "invalid";
  } catch {
    return "unknown";
  }
}
