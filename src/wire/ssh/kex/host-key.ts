/** Public keys of hosts as SSH writes them (RFC 4253, section 6.6; RFC 5656; RFC 8709), and what OpenSSH's certificates say of one. */
import { createHash, createPublicKey, type JsonWebKeyInput, type KeyObject } from "node:crypto";
import { bitLength, joinBytes, SshFieldReader, stringField } from "./fields.ts";

/** As ssh-keygen names it. */
export type HostKeyType = "RSA" | "DSA" | "ECDSA" | "ED25519";

/** What a certificate says (PROTOCOL.certkeys); whether who signed it is trusted is not looked at. */
export interface HostCertificate {
  readonly id: string;
  readonly principals: readonly string[];
  readonly serial: bigint;
  /** Seconds since 1970; 2^64-1: for ever. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** Of the key that signed it. */
  readonly authority: string;
}

/** A key that was read; what it says of itself is not known to be so before a signature with it was verified. */
export interface HostKey {
  readonly type: HostKeyType;
  /** The key's own name, as in known_hosts: `ssh-ed25519`, in a certificate as well. */
  readonly name: string;
  readonly bits: number;
  /** The plain key as SSH writes it, also that of a certificate. */
  readonly blob: Uint8Array;
  /** `SHA256:` and base64 without padding, as ssh prints it, of the plain key. */
  readonly fingerprint: string;
  /** Null: it came alone. */
  readonly certificate: HostCertificate | null;
  /** For the runtime's cryptography; null: it does not know such keys, or not that one. */
  readonly publicKey: KeyObject | null;
}

type JWK = JsonWebKeyInput["key"];

/** The parts of a plain key: its fields are read from where its name ends. */
type Reader = (fields: SshFieldReader) => Pick<HostKey, "bits"> & { readonly jwk: JWK | null };

const curves: ReadonlyMap<string, { readonly jwk: string; readonly bits: number }> = new Map([
  ["nistp256", { jwk: "P-256", bits: 256 }],
  ["nistp384", { jwk: "P-384", bits: 384 }],
  ["nistp521", { jwk: "P-521", bits: 521 }],
]);

/** As OpenSSH: beyond that no key is real. */
const rsaMostBits = 16_384;

const readers = new Map<string, { readonly type: HostKeyType; readonly read: Reader }>([
  ["ssh-ed25519", { type: "ED25519", read: readEd25519 }],
  ["ecdsa-sha2-nistp256", { type: "ECDSA", read: (fields) => readEcdsa(fields, "nistp256") }],
  ["ecdsa-sha2-nistp384", { type: "ECDSA", read: (fields) => readEcdsa(fields, "nistp384") }],
  ["ecdsa-sha2-nistp521", { type: "ECDSA", read: (fields) => readEcdsa(fields, "nistp521") }],
  ["ssh-rsa", { type: "RSA", read: readRsa }],
  ["ssh-dss", { type: "DSA", read: readDsa }],
]);

function readEd25519(fields: SshFieldReader): ReturnType<Reader> {
  const x = fields.string();
  if (x.length !== 32) fields.isWhole = false;
  return { bits: 256, jwk: { kty: "OKP", crv: "Ed25519", x: base64url(x) } };
}

function readEcdsa(fields: SshFieldReader, curve: string): ReturnType<Reader> {
  const [named, point] = [fields.text(), fields.string()];
  const { jwk = "", bits = 0 } = curves.get(curve) ?? {};
  const length = Math.ceil(bits / 8);
  if (named !== curve || point[0] !== 4 || point.length !== 1 + 2 * length) fields.isWhole = false;
  const [x, y] = [point.subarray(1, 1 + length), point.subarray(1 + length)];
  return { bits, jwk: { kty: "EC", crv: jwk, x: base64url(x), y: base64url(y) } };
}

function readRsa(fields: SshFieldReader): ReturnType<Reader> {
  const [e, n] = [fields.mpint(), fields.mpint()];
  const bits = bitLength(n);
  if (bits === 0 || bits > rsaMostBits || e.length === 0) fields.isWhole = false;
  // OpenSSL's limit of an exponent to a big modulus: no key has one that is longer.
  return { bits, jwk: e.length > 8 ? null : { kty: "RSA", n: base64url(n), e: base64url(e) } };
}

/** No runtime that we have in common knows DSA. */
function readDsa(fields: SshFieldReader): ReturnType<Reader> {
  const [p] = [fields.mpint(), fields.mpint(), fields.mpint(), fields.mpint()];
  return { bits: bitLength(p), jwk: null };
}

const certificateEnd = "-cert-v01@openssh.com";

/** Reads a key or a certificate; null when it is none that we know, or not whole. */
export function parseHostKey(blob: Uint8Array): HostKey | null {
  const fields = new SshFieldReader(blob);
  const sent = fields.text();
  const isCertificate = sent.endsWith(certificateEnd);
  const name = isCertificate ? sent.slice(0, -certificateEnd.length) : sent;
  const known = readers.get(name);
  if (known === undefined) return null;
  if (isCertificate) fields.string();
  const from = fields.at;
  const { bits, jwk } = known.read(fields);
  const plain = isCertificate ? joinBytes(stringField(name), blob.subarray(from, fields.at)) : blob.slice();
  const certificate = isCertificate ? readCertificate(fields) : null;
  if (!fields.isWhole || !fields.isAtEnd) return null;
  const fingerprint = fingerprintOf(plain);
  return { type: known.type, name, bits, blob: plain, fingerprint, certificate, publicKey: importKey(jwk) };
}

/** uint64 serial, uint32 type, string id, string principals, uint64 after, uint64 before, string × 3, string key, string signature. */
function readCertificate(fields: SshFieldReader): HostCertificate {
  const serial = fields.uint64();
  // Of a host; a user's proves nothing here.
  if (fields.uint32() !== 2) fields.isWhole = false;
  const id = fields.text();
  const principals = readPrincipals(fields.string());
  const [validAfter, validBefore] = [fields.uint64(), fields.uint64()];
  for (let index = 0; index < 3; index++) fields.string();
  const authority = fingerprintOf(fields.string());
  fields.string();
  if (principals === null) fields.isWhole = false;
  return { id, principals: principals ?? [], serial, validAfter, validBefore, authority };
}

function readPrincipals(bytes: Uint8Array): readonly string[] | null {
  const fields = new SshFieldReader(bytes);
  const principals: string[] = [];
  while (fields.isWhole && !fields.isAtEnd) principals.push(fields.text());
  return fields.isWhole ? principals : null;
}

function importKey(jwk: JWK | null): KeyObject | null {
  if (jwk === null) return null;
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return null;
  }
}

/** Of a key as SSH writes it: `SHA256:` and base64 without padding. */
export function fingerprintOf(blob: Uint8Array): string {
  // 32 bytes are 43 characters and one of padding.
  return `SHA256:${createHash("sha256").update(blob).digest("base64").slice(0, 43)}`;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}
