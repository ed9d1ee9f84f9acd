/** The short hash functions that HAProxy offers: sdbm, djb2, wt6, CRC-32, xxHash, and its avalanche. All unsigned. */

/** Hash of the sdbm database library. */
export function sdbm(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = (byte + (hash << 6) + (hash << 16) - hash) | 0;
  return hash >>> 0;
}

/** Bernstein's hash times 33. */
export function djb2(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = ((hash << 5) + hash + byte) | 0;
  return hash >>> 0;
}

/** The hash that HAProxy's manual calls wt6: two words, each byte mixed into both, then rotated by steps the words give. */
export function wt6(bytes: Uint8Array): number {
  let first = 0xa53c965a;
  let second = 0x5ca6953a;
  let firstStep = 6;
  let secondStep = 18;
  for (const byte of bytes) {
    const mixed = ~(first ^ byte);
    first = rotate32(~(second + byte), firstStep);
    second = rotate32(mixed, secondStep);
    const steps = ((first >>> 16) ^ second) & 0xffff;
    firstStep = steps & 31;
    secondStep = steps >>> 11;
  }
  return (first ^ second) >>> 0;
}

const crcTable = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as in Ethernet, gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

/** Spreads a 32-bit hash over all its bits: Jenkins' full avalanche (burtleburtle.net/bob/hash/integer.html), then a multiplication by a large prime. */
export function avalanche(hash: number): number {
  let value = hash | 0;
  value = (value + 0x7ed55d16 + (value << 12)) | 0;
  value = value ^ 0xc761c23c ^ (value >>> 19);
  value = (value + 0x165667b1 + (value << 5)) | 0;
  value = ((value + 0xd3a2646c) ^ (value << 9)) | 0;
  value = (value + 0xfd7046c5 + (value << 3)) | 0;
  value = value ^ 0xb55a4f09 ^ (value >>> 16);
  return Math.imul(value, 0xc0000001) >>> 0;
}

const primes32 = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

function rotate32(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function round32(lane: number, input: number): number {
  return Math.imul(rotate32((lane + Math.imul(input, primes32[1])) | 0, 13), primes32[0]);
}

/** xxHash, 32 bits (its specification, section 2). */
export function xxh32(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [p1, p2, p3, p4, p5] = primes32;
  let at = 0;
  let hash = (seed + p5) | 0;
  if (bytes.length >= 16) {
    const lanes = [(seed + p1 + p2) | 0, (seed + p2) | 0, seed | 0, (seed - p1) | 0];
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round32(lanes[lane]!, view.getUint32(at + 4 * lane, true));
    }
    const [a = 0, b = 0, c = 0, d = 0] = lanes;
    hash = (rotate32(a, 1) + rotate32(b, 7) + rotate32(c, 12) + rotate32(d, 18)) | 0;
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate32((hash + Math.imul(view.getUint32(at, true), p3)) | 0, 17), p4);
  }
  for (; at < bytes.length; at++) hash = Math.imul(rotate32((hash + Math.imul(bytes[at]!, p5)) | 0, 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Primes of xxHash, 64 bits. */
export const primes64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;

/** The lowest 64 bits. */
export function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate64(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function round64(lane: bigint, input: bigint): bigint {
  return wrap(rotate64(wrap(lane + input * primes64[1]), 31n) * primes64[0]);
}

/** xxHash, 64 bits (its specification, section 3). */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [p1, p2, p3, p4, p5] = primes64;
  let at = 0;
  let hash = wrap(seed + p5);
  if (bytes.length >= 32) {
    const lanes = [wrap(seed + p1 + p2), wrap(seed + p2), seed, wrap(seed - p1)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round64(lanes[lane]!, view.getBigUint64(at + 8 * lane, true));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = wrap(lanes.reduce((sum, lane, index) => sum + rotate64(lane, turns[index]!), 0n));
    for (const lane of lanes) hash = wrap((hash ^ round64(0n, lane)) * p1 + p4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate64(hash ^ round64(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate64(hash ^ wrap(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = wrap(rotate64(hash ^ wrap(BigInt(bytes[at]!) * p5), 11n) * p1);
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}
