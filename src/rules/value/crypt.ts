/** Passwords in the forms of crypt(3) that are reckoned here: `$1$` (MD5), `$5$` (SHA-256) and `$6$` (SHA-512). */
import { cryptoLibrary } from "./crypto-library.ts";

type Digest = (...parts: readonly Uint8Array[]) => Uint8Array;

function digestOf(algorithm: "md5" | "sha256" | "sha512"): Digest {
  const { createHash } = cryptoLibrary();
  return (...parts) => {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
}

const form = /^\$(1|5|6)\$(?:rounds=([0-9]+)\$)?([^$]*)\$([./0-9A-Za-z]+)$/;

/** Whether passwords in this form can be told right from wrong here. */
export function canVerify(hashed: string): boolean {
  const [, method, rounds] = form.exec(hashed) ?? [];
  return method !== undefined && (method !== "1" || rounds === undefined);
}

/** Whether `password` (a character a byte) is the one that was hashed; takes some ms, more where `rounds` says so. */
export function isPassword(password: string, hashed: string): boolean {
  const [, method, rounds, salt = "", sum] = form.exec(hashed) ?? [];
  if (method === undefined) return false;
  const key = Buffer.from(password, "latin1");
  const made =
    method === "1" ? md5Crypt(key, salt.slice(0, 8)) : shaCrypt(key, salt.slice(0, 16), method === "5", rounds);
  return made === sum;
}

/** `bytes` again and again, up to a length. */
function repeated(bytes: Uint8Array, length: number): Uint8Array {
  const made = new Uint8Array(length);
  for (let at = 0; at < length; at += bytes.length) made.set(bytes.subarray(0, length - at), at);
  return made;
}

/** The bits of a length, the lowest first. */
function* bitsOf(length: number): Generator<boolean> {
  for (let rest = length; rest > 0; rest >>= 1) yield rest % 2 === 1;
}

function md5Crypt(key: Uint8Array, saltText: string): string {
  const digest = digestOf("md5");
  const salt = Buffer.from(saltText, "latin1");
  const parts = [key, Buffer.from("$1$"), salt, repeated(digest(key, salt, key), key.length)];
  for (const bit of bitsOf(key.length)) parts.push(bit ? new Uint8Array(1) : key.subarray(0, 1));
  let sum = digest(...parts);
  for (let round = 0; round < 1000; round++) sum = digest(...roundParts(round, sum, key, salt, key));
  const order = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5];
  return triples(sum, order) + encode(sum[11] ?? 0, 2);
}

function roundParts(round: number, sum: Uint8Array, key: Uint8Array, salt: Uint8Array, own: Uint8Array): Uint8Array[] {
  const isOdd = round % 2 === 1;
  const parts = [isOdd ? own : sum];
  if (round % 3 !== 0) parts.push(salt);
  if (round % 7 !== 0) parts.push(key);
  parts.push(isOdd ? sum : own);
  return parts;
}

/** Ulrich Drepper's SHA-crypt, version 0.4. */
function shaCrypt(key: Uint8Array, saltText: string, isShort: boolean, roundsText: string | undefined): string {
  const digest = digestOf(isShort ? "sha256" : "sha512");
  const salt = Buffer.from(saltText, "latin1");
  const rounds = roundsText === undefined ? 5000 : Math.min(999_999_999, Math.max(1000, Number(roundsText)));
  const other = digest(key, salt, key);
  const parts = [key, salt, repeated(other, key.length)];
  for (const bit of bitsOf(key.length)) parts.push(bit ? other : key);
  let sum = digest(...parts);
  const keys = repeated(digest(...Array.from({ length: key.length }, () => key)), key.length);
  const salts = repeated(digest(...Array.from({ length: 16 + (sum[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) sum = digest(...roundParts(round, sum, keys, salts, keys));
  return isShort ? encodeShort(sum) : encodeLong(sum);
}

function encodeShort(sum: Uint8Array): string {
  const order = Array.from({ length: 10 }, (_, step) =>
    rotated([step, step + 10, step + 20], (3 - (step % 3)) % 3),
  ).flat();
  return triples(sum, order) + encode(((sum[31] ?? 0) << 8) | (sum[30] ?? 0), 3);
}

function encodeLong(sum: Uint8Array): string {
  const order = Array.from({ length: 21 }, (_, step) => rotated([step, step + 21, step + 42], step % 3)).flat();
  return triples(sum, order) + encode(sum[63] ?? 0, 2);
}

function rotated(numbers: readonly number[], by: number): number[] {
  return [...numbers.slice(by), ...numbers.slice(0, by)];
}

function triples(sum: Uint8Array, order: readonly number[]): string {
  let text = "";
  for (let at = 0; at < order.length; at += 3) {
    const [high = 0, middle = 0, low = 0] = order.slice(at, at + 3).map((index) => sum[index] ?? 0);
    text += encode((high << 16) | (middle << 8) | low, 4);
  }
  return text;
}

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Six bits a character, the lowest first. */
function encode(value: number, characters: number): string {
  let text = "";
  for (let rest = value, at = 0; at < characters; at++, rest >>= 6) text += alphabet[rest & 63] ?? "";
  return text;
}
