/** The hash functions of `hash-type`, over bytes and over numbers; all give unsigned 32-bit numbers. */
import type { HashTypePlan } from "../plan.ts";

/** sdbm: h = c + (h << 6) + (h << 16) - h. */
export function sdbm(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = (byte + (hash << 6) + (hash << 16) - hash) | 0;
  return hash >>> 0;
}

/** djb2: h = h * 33 + c from 5381. */
export function djb2(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = ((hash << 5) + hash + byte) | 0;
  return hash >>> 0;
}

/** wt6: two halves that a byte enters and that then trade places, each turned left by what their bits say. */
export function wt6(bytes: Uint8Array): number {
  let one = 0xa53c965a;
  let other = 0x5ca6953a;
  let turnOther = 6;
  let turnOne = 18;
  for (const byte of bytes) {
    one = ~(one ^ byte);
    other = ~(other + byte);
    const turned = turn(other, turnOther);
    other = turn(one, turnOne);
    one = turned;
    const bits = ((one >>> 16) ^ other) & 0xffff;
    turnOther = bits & 0x1f;
    turnOne = bits >>> 11;
  }
  return (one ^ other) >>> 0;
}

function turn(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}

const crcTable = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of Ethernet, gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

/** `avalanche`: Bob Jenkins's full-avalanche integer hash, then a multiplication by a prime. */
export function avalanche(value: number): number {
  let a = value | 0;
  a = (a + 0x7ed55d16 + (a << 12)) | 0;
  a = a ^ 0xc761c23c ^ (a >>> 19);
  a = (a + 0x165667b1 + (a << 5)) | 0;
  a = ((a + 0xd3a2646c) ^ (a << 9)) | 0;
  a = (a + 0xfd7046c5 + (a << 3)) | 0;
  a = a ^ 0xb55a4f09 ^ (a >>> 16);
  return Math.imul(a, 3221225473) >>> 0;
}

/** The key's hash by the plan's function; `none` reads the key as a decimal number. */
export function hashOf(bytes: Uint8Array, plan: HashTypePlan): number {
  const hash = functions[plan.hash](bytes);
  return plan.avalanche ? avalanche(hash) : hash;
}

const functions: Record<HashTypePlan["hash"], (bytes: Uint8Array) => number> = {
  sdbm,
  djb2,
  wt6,
  crc32,
  none: decimal,
};

function decimal(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) {
    if (byte < 0x30 || byte > 0x39) break;
    value = (Math.imul(value, 10) + byte - 0x30) | 0;
  }
  return value >>> 0;
}

/** `balance source`: the address's 32-bit words, folded by XOR. */
export function hashOfAddress(bytes: Uint8Array, withAvalanche: boolean): number {
  let hash = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    hash ^=
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
  }
  return withAvalanche ? avalanche(hash) : hash >>> 0;
}
