/** Key exchanges of one value each way: curve25519 (RFC 8731), NIST's curves (RFC 5656), and ML-KEM beside curve25519. */
import {
  createECDH,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from "node:crypto";
import { joinBytes, mpintField, SshFieldReader, stringField } from "./fields.ts";
import { type KexStep, type KeyExchange, type SshDigest, unexpectedMessage } from "./key-exchange.ts";

/** How two sides come to a secret. */
export interface Agreement {
  readonly ours: Uint8Array;
  /** The secret as the exchange hash has it, a field; null: what the other side sent is no such value, or makes the secret nothing. */
  agree(theirs: Uint8Array): Promise<Uint8Array | null>;
}

const messages = { init: 30, reply: 31 } as const;

/** `30 string ours`, and `31 string K_S, string theirs, string signature`. */
export class AgreedExchange implements KeyExchange {
  #agreement: Agreement | null = null;

  constructor(
    readonly digest: SshDigest,
    readonly agreement: () => Promise<Agreement>,
  ) {}

  async begin(): Promise<Uint8Array> {
    this.#agreement = await this.agreement();
    return joinBytes(Uint8Array.of(messages.init), stringField(this.#agreement.ours));
  }

  async take(payload: Uint8Array): Promise<KexStep> {
    if (payload[0] !== messages.reply || this.#agreement === null) return unexpectedMessage(payload);
    const fields = new SshFieldReader(payload, 1);
    const [hostKey, theirs, signature] = [fields.string(), fields.string(), fields.string()];
    if (!fields.isWhole) return { state: "wrong", why: "the reply is cut short" };
    const secret = await this.#agreement.agree(theirs);
    if (secret === null) return { state: "wrong", why: "the server's public value is not valid" };
    const hashed = joinBytes(stringField(hostKey), stringField(this.#agreement.ours), stringField(theirs), secret);
    return { state: "done", reply: { hostKey, signature, hashed } };
  }
}

/** What X25519's public keys have before them as SubjectPublicKeyInfo (RFC 8410). */
const x25519Prefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00);
const x25519Bytes = 32;

interface Curve25519 {
  readonly ours: Uint8Array;
  /** 32 bytes, never all zero; null: not to be had. */
  secret(theirs: Uint8Array): Uint8Array | null;
}

function curve25519Pair(): Curve25519 {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return {
    ours: new Uint8Array(publicKey.export({ format: "der", type: "spki" })).slice(x25519Prefix.length),
    secret: (theirs) => curve25519Secret(privateKey, theirs),
  };
}

function curve25519Secret(privateKey: KeyObject, theirs: Uint8Array): Uint8Array | null {
  if (theirs.length !== x25519Bytes) return null;
  try {
    const key = Buffer.from(joinBytes(x25519Prefix, theirs));
    const publicKey = createPublicKey({ key, format: "der", type: "spki" });
    const secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
    // Points of small order; the runtimes refuse them as well.
    return secret.some((byte) => byte !== 0) ? secret : null;
  } catch {
    return null;
  }
}

/** RFC 8731. */
export async function curve25519(): Promise<Agreement> {
  const pair = curve25519Pair();
  return {
    ours: pair.ours,
    agree: async (theirs) => {
      const secret = pair.secret(theirs);
      return secret === null ? null : mpintField(secret);
    },
  };
}

/** RFC 5656, by OpenSSL's name of the curve. */
export async function nistCurve(name: "prime256v1" | "secp384r1" | "secp521r1"): Promise<Agreement> {
  const pair = createECDH(name);
  const ours = new Uint8Array(pair.generateKeys());
  return {
    ours,
    agree: async (theirs) => {
      // Uncompressed points alone, as OpenSSH.
      if (theirs.length !== ours.length || theirs[0] !== 4) return null;
      try {
        return mpintField(new Uint8Array(pair.computeSecret(theirs)));
      } catch {
        return null;
      }
    },
  };
}

const mlKem = { name: "ML-KEM-768" };
const mlKemBytes = { publicKey: 1184, ciphertext: 1088 } as const;

/** What WebCrypto has of ML-KEM, which types do not know yet. */
interface MlKem {
  generateKey(algorithm: typeof mlKem, isExtractable: boolean, usages: readonly string[]): Promise<CryptoKeyPair>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  decapsulateBits(algorithm: typeof mlKem, key: CryptoKey, ciphertext: Uint8Array): Promise<ArrayBuffer>;
}

const subtle = webcrypto.subtle as unknown as MlKem;
let knowsMlKem: Promise<boolean> | null = null;

/** Whether the runtime's cryptography has ML-KEM: Bun's and Deno's have, Node's from version 24.7 on. */
export function hasMlKem(): Promise<boolean> {
  knowsMlKem ??= (async () => {
    try {
      await subtle.generateKey(mlKem, true, ["decapsulateBits"]);
      return typeof subtle.decapsulateBits === "function";
    } catch {
      return false;
    }
  })();
  return knowsMlKem;
}

/**
 * mlkem768x25519-sha256 (draft-ietf-sshm-mlkem-hybrid-kex): ML-KEM's value and curve25519's behind it, either way; the secret is the
 * digest of both secrets, and a string.
 */
export async function mlKem768WithCurve25519(): Promise<Agreement> {
  const pair = curve25519Pair();
  const { privateKey, publicKey } = await subtle.generateKey(mlKem, true, ["decapsulateBits"]);
  const ours = joinBytes(new Uint8Array(await subtle.exportKey("raw-public", publicKey)), pair.ours);
  return {
    ours,
    agree: async (theirs) => {
      if (theirs.length !== mlKemBytes.ciphertext + x25519Bytes) return null;
      const classic = pair.secret(theirs.subarray(mlKemBytes.ciphertext));
      if (classic === null) return null;
      try {
        // A copy: the algorithm takes the whole of a buffer in some runtimes.
        const ciphertext = theirs.slice(0, mlKemBytes.ciphertext);
        const secret = new Uint8Array(await subtle.decapsulateBits(mlKem, privateKey, ciphertext));
        return stringField(createHash("sha256").update(secret).update(classic).digest());
      } catch {
        return null;
      }
    },
  };
}
