/** XXH3, 64 bits (the xxHash specification, version 0.2.0, section "XXH3"). */
import { primes64, wrap } from "./hash.ts";

const secretBytes = Uint8Array.from(
  Buffer.from(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
      "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8" +
      "fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17" +
      "0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
    "hex",
  ),
);

const p32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const;
function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const defaultSecret = viewOf(secretBytes);

function word(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true);
}

function half(view: DataView, at: number): bigint {
  return BigInt(view.getUint32(at, true));
}

/** The 128-bit product folded to 64 bits. */
function foldedProduct(left: bigint, right: bigint): bigint {
  const product = left * right;
  return wrap(product) ^ (product >> 64n);
}

function avalanche(hash: bigint): bigint {
  const first = wrap((hash ^ (hash >> 37n)) * 0x165667919e3779f9n);
  return first ^ (first >> 32n);
}

/** The finish of XXH64. */
function avalanche64(hash: bigint): bigint {
  const first = wrap((hash ^ (hash >> 33n)) * primes64[1]);
  const second = wrap((first ^ (first >> 29n)) * primes64[2]);
  return second ^ (second >> 32n);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function swap64(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return view.getBigUint64(0, true);
}

function swap32(value: bigint): bigint {
  return swap64(value) >> 32n;
}

/** Unsigned 64-bit hash; the seed is unsigned as well. */
export function xxh3(bytes: Uint8Array, seed: bigint): bigint {
  const input = viewOf(bytes);
  if (bytes.length <= 16) return hashShort(input, bytes.length, seed);
  if (bytes.length <= 128) return hashMiddle(input, bytes.length, seed);
  if (bytes.length <= 240) return hashLonger(input, bytes.length, seed);
  return hashLong(input, bytes.length, seed);
}

function hashShort(input: DataView, length: number, seed: bigint): bigint {
  const secret = defaultSecret;
  if (length === 0) return avalanche64(seed ^ word(secret, 56) ^ word(secret, 64));
  if (length <= 3) {
    const [first, middle, last] = [input.getUint8(0), input.getUint8(length >> 1), input.getUint8(length - 1)];
    const combined = BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0);
    return avalanche64(combined ^ wrap((half(secret, 0) ^ half(secret, 4)) + seed));
  }
  if (length <= 8) {
    const modified = seed ^ (swap32(seed & 0xffffffffn) << 32n);
    const combined = half(input, length - 4) + (half(input, 0) << 32n);
    const keyed = combined ^ wrap((word(secret, 8) ^ word(secret, 16)) - modified);
    const mixed = wrap((keyed ^ rotate(keyed, 49n) ^ rotate(keyed, 24n)) * 0x9fb21c651e98df25n);
    const last = wrap((mixed ^ wrap((mixed >> 35n) + BigInt(length))) * 0x9fb21c651e98df25n);
    return last ^ (last >> 28n);
  }
  const low = word(input, 0) ^ wrap((word(secret, 24) ^ word(secret, 32)) + seed);
  const high = word(input, length - 8) ^ wrap((word(secret, 40) ^ word(secret, 48)) - seed);
  return avalanche(wrap(BigInt(length) + swap64(low) + high + foldedProduct(low, high)));
}

/** 16 bytes of input against 16 of the secret. */
function mix16(input: DataView, at: number, secretAt: number, seed: bigint): bigint {
  const low = word(input, at) ^ wrap(word(defaultSecret, secretAt) + seed);
  const high = word(input, at + 8) ^ wrap(word(defaultSecret, secretAt + 8) - seed);
  return foldedProduct(low, high);
}

function hashMiddle(input: DataView, length: number, seed: bigint): bigint {
  let sum = wrap(BigInt(length) * primes64[0]);
  for (let pair = (length - 1) >> 5; pair >= 0; pair--) {
    sum += mix16(input, 16 * pair, 32 * pair, seed);
    sum += mix16(input, length - 16 * (pair + 1), 32 * pair + 16, seed);
  }
  return avalanche(wrap(sum));
}

function hashLonger(input: DataView, length: number, seed: bigint): bigint {
  let sum = wrap(BigInt(length) * primes64[0]);
  for (let round = 0; round < 8; round++) sum += mix16(input, 16 * round, 16 * round, seed);
  sum = avalanche(wrap(sum));
  for (let round = 8; round < length >> 4; round++) sum += mix16(input, 16 * round, 16 * (round - 8) + 3, seed);
  sum += mix16(input, length - 16, 136 - 17, seed);
  return avalanche(wrap(sum));
}

const stripeBytes = 64;

/** The secret with the seed added to and taken from its words in turn. */
function seededSecret(seed: bigint): DataView {
  const secret = new DataView(new ArrayBuffer(192));
  for (let at = 0; at < 192; at += 16) {
    secret.setBigUint64(at, wrap(word(defaultSecret, at) + seed), true);
    secret.setBigUint64(at + 8, wrap(word(defaultSecret, at + 8) - seed), true);
  }
  return secret;
}

function accumulate(lanes: bigint[], input: DataView, at: number, secret: DataView, secretAt: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = word(input, at + 8 * lane);
    const keyed = value ^ word(secret, secretAt + 8 * lane);
    lanes[lane ^ 1] = wrap(lanes[lane ^ 1]! + value);
    lanes[lane] = wrap(lanes[lane]! + (keyed & 0xffffffffn) * (keyed >> 32n));
  }
}

function scramble(lanes: bigint[], secret: DataView): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = lanes[lane]!;
    lanes[lane] = wrap((value ^ (value >> 47n) ^ word(secret, 128 + 8 * lane)) * p32[0]);
  }
}

function hashLong(input: DataView, length: number, seed: bigint): bigint {
  const secret = seed === 0n ? defaultSecret : seededSecret(seed);
  const lanes = [p32[2], primes64[0], primes64[1], primes64[2], primes64[3], p32[1], primes64[4], p32[0]] as bigint[];
  const stripesPerBlock = (192 - stripeBytes) / 8;
  const blockBytes = stripesPerBlock * stripeBytes;
  const stripes = Math.floor((length - 1) / stripeBytes);
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % stripesPerBlock;
    accumulate(lanes, input, stripe * stripeBytes, secret, 8 * inBlock);
    if (((stripe + 1) * stripeBytes) % blockBytes === 0) scramble(lanes, secret);
  }
  accumulate(lanes, input, length - stripeBytes, secret, 192 - stripeBytes - 7);
  let sum = wrap(BigInt(length) * primes64[0]);
  for (let pair = 0; pair < 4; pair++) {
    const low = lanes[2 * pair]! ^ word(secret, 11 + 16 * pair);
    const high = lanes[2 * pair + 1]! ^ word(secret, 19 + 16 * pair);
    sum += foldedProduct(low, high);
  }
  return avalanche(wrap(sum));
}
