/** The other side of a key exchange, made of the runtime's cryptography alone: what a server answers, and how it signs. */
import * as crypto from "node:crypto";
import { joinBytes, mpintField, stringField } from "../../../../../src/wire/ssh/kex/fields.ts";

/** A pair of keys as a server holds it. */
export interface ServerKey {
  /** As SSH writes the public one. */
  readonly blob: Uint8Array;
  /** A signature by that algorithm, as SSH writes it. */
  sign(algorithm: string, text: Uint8Array): Uint8Array;
}

const raw = (text = ""): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));

export function ed25519Key(): ServerKey {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  return {
    blob: joinBytes(stringField("ssh-ed25519"), stringField(raw(x))),
    sign: (name, text) => joinBytes(stringField(name), stringField(crypto.sign(null, text, privateKey))),
  };
}

const curves = { 256: ["P-256", "sha256"], 384: ["P-384", "sha384"], 521: ["P-521", "sha512"] } as const;

export function ecdsaKey(bits: 256 | 384 | 521): ServerKey {
  const [namedCurve, digest] = curves[bits];
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve });
  const { x, y } = publicKey.export({ format: "jwk" });
  const point = joinBytes(Uint8Array.of(4), raw(x), raw(y));
  return {
    blob: joinBytes(stringField(`ecdsa-sha2-nistp${bits}`), stringField(`nistp${bits}`), stringField(point)),
    sign(name, text) {
      const both = new Uint8Array(crypto.sign(digest, text, { key: privateKey, dsaEncoding: "ieee-p1363" }));
      const [r, s] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)];
      return joinBytes(stringField(name), stringField(joinBytes(mpintField(r), mpintField(s))));
    },
  };
}

export function rsaKey(bits = 2048): ServerKey {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", { modulusLength: bits });
  const { n, e } = publicKey.export({ format: "jwk" });
  return {
    blob: joinBytes(stringField("ssh-rsa"), mpintField(raw(e)), mpintField(raw(n))),
    sign(name, text) {
      const digest = name.endsWith("512") ? "sha512" : name.endsWith("256") ? "sha256" : "sha1";
      return joinBytes(stringField(name), stringField(crypto.sign(digest, text, privateKey)));
    },
  };
}

/** What both sides have come to: the server's value, and the secret as a field. */
export interface Answer {
  readonly theirs: Uint8Array;
  readonly secret: Uint8Array;
}

function x25519(ours: Uint8Array): { readonly theirs: Uint8Array; readonly secret: Uint8Array } {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("x25519");
  const jwk = { kty: "OKP", crv: "X25519", x: Buffer.from(ours).toString("base64url") };
  const other = crypto.createPublicKey({ key: jwk, format: "jwk" });
  return {
    theirs: raw(publicKey.export({ format: "jwk" }).x),
    secret: new Uint8Array(crypto.diffieHellman({ privateKey, publicKey: other })),
  };
}

interface Encapsulation {
  encapsulateBits(
    algorithm: string,
    key: CryptoKey,
  ): Promise<{ readonly ciphertext: ArrayBuffer; readonly sharedKey: ArrayBuffer }>;
}

/** What a server answers to a client's value, for methods of one value each way. */
export async function answerTo(method: string, ours: Uint8Array): Promise<Answer> {
  if (method.startsWith("curve25519")) {
    const { theirs, secret } = x25519(ours);
    return { theirs, secret: mpintField(secret) };
  }
  if (method.startsWith("mlkem768x25519")) {
    const subtle = crypto.webcrypto.subtle;
    const import_ = subtle.importKey.bind(subtle) as (...words: unknown[]) => Promise<CryptoKey>;
    const key = await import_("raw-public", ours.slice(0, 1184), "ML-KEM-768", true, ["encapsulateBits"]);
    const made = await (subtle as unknown as Encapsulation).encapsulateBits("ML-KEM-768", key);
    const classic = x25519(ours.subarray(1184));
    const secrets = joinBytes(new Uint8Array(made.sharedKey), classic.secret);
    return {
      theirs: joinBytes(new Uint8Array(made.ciphertext), classic.theirs),
      secret: stringField(crypto.createHash("sha256").update(secrets).digest()),
    };
  }
  const pair = crypto.createECDH({ p256: "prime256v1", p384: "secp384r1", p521: "secp521r1" }[method.slice(-4)] ?? "");
  const theirs = new Uint8Array(pair.generateKeys());
  return { theirs, secret: mpintField(new Uint8Array(pair.computeSecret(ours))) };
}

/** RFC 3526's group 14, of which the server has the share 2^(2^100 + 1). */
export function groupShare() {
  const prime = BigInt(`0x${group14}`);
  const exponent = 2n ** 100n + 1n;
  return {
    prime: bytes(prime),
    theirs: bytes(power(2n, exponent, prime)),
    secret: (ours: Uint8Array) => {
      const base = BigInt(`0x${Buffer.from(ours).toString("hex")}`);
      return mpintField(bytes(power(base, exponent, prime)));
    },
  };
}

function bytes(number: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(number.toString(16).padStart(512, "0"), "hex"));
}

function power(base: bigint, exponent: bigint, prime: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power((base * base) % prime, exponent / 2n, prime);
  return exponent % 2n === 0n ? half : (half * base) % prime;
}

/** As the RFC prints it. */
const group14 = [
  "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD",
  "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
  "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F",
  "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
  "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510",
  "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
].join("");
