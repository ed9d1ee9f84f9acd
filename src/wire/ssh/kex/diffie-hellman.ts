/** Diffie-Hellman over the integers: fixed groups (RFC 4253, section 8; RFC 8268) and those that the server names (RFC 4419). */
import { randomBytes } from "node:crypto";
import {
  bigNumber,
  bitLength,
  joinBytes,
  mpintField,
  numberBytes,
  SshFieldReader,
  stringField,
  uint32Field,
} from "./fields.ts";
import { type KexStep, type KeyExchange, type SshDigest, unexpectedMessage } from "./key-exchange.ts";

/** A prime and its generator. */
interface Group {
  readonly prime: bigint;
  readonly generator: bigint;
}

/** A group and what is ours in it. */
class Share {
  readonly #exponent = bigNumber(randomBytes(32));
  readonly ours: Uint8Array;

  constructor(readonly group: Group) {
    this.ours = numberBytes(power(group.generator, this.#exponent, group.prime));
  }

  /** The secret as a field; null when the other's value is out of range (section 8) or makes it nothing. */
  agree(theirs: Uint8Array): Uint8Array | null {
    const { prime } = this.group;
    const value = bigNumber(theirs);
    if (value <= 1n || value >= prime - 1n) return null;
    const secret = power(value, this.#exponent, prime);
    return secret <= 1n ? null : mpintField(numberBytes(secret));
  }
}

/**
 * `base` to the power of `exponent`, modulo `modulus`.
 *
 * Not the runtime's: Bun's tries first whether the modulus is prime, which takes it 45 s with 8192 bits, in which nothing else runs.
 * That the time taken here tells of the exponent does no harm, since nothing is encrypted.
 */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

/** A reply: `string K_S, mpint f, string signature`. `before`: what the hash has between K_S and what both sides sent. */
function takeReply(payload: Uint8Array, share: Share, before: Uint8Array): KexStep {
  const fields = new SshFieldReader(payload, 1);
  const [hostKey, theirs, signature] = [fields.string(), fields.mpint(), fields.string()];
  if (!fields.isWhole) return { state: "wrong", why: "the reply is cut short" };
  const secret = share.agree(theirs);
  if (secret === null) return { state: "wrong", why: "the server's public value is not valid" };
  const hashed = joinBytes(stringField(hostKey), before, mpintField(share.ours), mpintField(theirs), secret);
  return { state: "done", reply: { hostKey, signature, hashed } };
}

const fixed = { init: 30, reply: 31 } as const;

/** By the RFCs' numbers in OpenSSH's names of methods; group 1 is RFC 2409's second. */
const fixedGroups = {
  group1: { bits: 1024n, number: 129_093n },
  group14: { bits: 2048n, number: 124_476n },
  group16: { bits: 4096n, number: 240_904n },
  group18: { bits: 8192n, number: 4_743_158n },
} as const;

/** One of them. */
export type FixedGroup = keyof typeof fixedGroups;

/** A group that the method's name says: `30 mpint e`, then `31` and a reply. */
export class FixedGroupExchange implements KeyExchange {
  #share: Share | null = null;

  constructor(
    readonly digest: SshDigest,
    readonly group: FixedGroup,
  ) {}

  async begin(): Promise<Uint8Array> {
    this.#share = new Share({ prime: fixedPrime(this.group), generator: 2n });
    return joinBytes(Uint8Array.of(fixed.init), mpintField(this.#share.ours));
  }

  async take(payload: Uint8Array): Promise<KexStep> {
    if (payload[0] !== fixed.reply || this.#share === null) return unexpectedMessage(payload);
    return takeReply(payload, this.#share, new Uint8Array(0));
  }
}

const primes = new Map<FixedGroup, bigint>();

/** All of them are made alike: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + a number) (RFC 2409, section 6.2; RFC 3526). */
export function fixedPrime(group: FixedGroup): bigint {
  const known = primes.get(group);
  if (known !== undefined) return known;
  const { bits, number } = fixedGroups[group];
  const prime = 2n ** bits - 2n ** (bits - 64n) - 1n + 2n ** 64n * (scaledPi(bits - 130n) + number);
  primes.set(group, prime);
  return prime;
}

/** Pi times 2^bits, rounded down: 16 arctan(1/5) - 4 arctan(1/239), with bits to spare. */
function scaledPi(bits: bigint): bigint {
  const one = 2n ** (bits + 64n);
  return (16n * arctanOfInverse(5n, one) - 4n * arctanOfInverse(239n, one)) >> 64n;
}

function arctanOfInverse(x: bigint, one: bigint): bigint {
  let sum = 0n;
  let sign = 1n;
  for (let term = one / x, odd = 1n; term > 0n; term /= x * x, odd += 2n, sign = -sign) sum += (sign * term) / odd;
  return sum;
}

const asked = { request: 34, group: 31, init: 32, reply: 33 } as const;
/** Sizes of primes asked for. Old servers have none above 1024 bits, and whoever only looks takes those, too. */
const size = { least: 1024, wanted: 2048, most: 8192 } as const;

/** A group that the server names: `34 min, n, max`, `31 mpint p, mpint g`, `32 mpint e`, then `33` and a reply. */
export class AskedGroupExchange implements KeyExchange {
  #share: Share | null = null;

  constructor(readonly digest: SshDigest) {}

  async begin(): Promise<Uint8Array> {
    return joinBytes(Uint8Array.of(asked.request), this.#sizes());
  }

  async take(payload: Uint8Array): Promise<KexStep> {
    if (this.#share === null) return payload[0] === asked.group ? this.#takeGroup(payload) : unexpectedMessage(payload);
    if (payload[0] !== asked.reply) return unexpectedMessage(payload);
    const { prime, generator } = this.#share.group;
    return takeReply(
      payload,
      this.#share,
      joinBytes(this.#sizes(), mpintField(numberBytes(prime)), mpintField(numberBytes(generator))),
    );
  }

  #sizes(): Uint8Array {
    return joinBytes(uint32Field(size.least), uint32Field(size.wanted), uint32Field(size.most));
  }

  #takeGroup(payload: Uint8Array): KexStep {
    const fields = new SshFieldReader(payload, 1);
    const [p, g] = [fields.mpint(), fields.mpint()];
    const bits = bitLength(p);
    if (!fields.isWhole || bits < size.least || bits > size.most)
      return { state: "wrong", why: "the server's group is cut short or of a size that was not asked for" };
    const [prime, generator] = [bigNumber(p), bigNumber(g)];
    if (prime % 2n === 0n || generator <= 1n || generator >= prime - 1n)
      return { state: "wrong", why: "the server's group is none" };
    this.#share = new Share({ prime, generator });
    return { state: "send", payload: joinBytes(Uint8Array.of(asked.init), mpintField(this.#share.ours)) };
  }
}
