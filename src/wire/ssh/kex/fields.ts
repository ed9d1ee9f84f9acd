/** The field types of SSH messages (RFC 4251, section 5), read and written. */
import { bytesOf, latin1 } from "../../latin1.ts";

const nothing = new Uint8Array(0);

/**
 * Reads fields one after the other.
 *
 * Once one reaches beyond the bytes, `isWhole` is false and it and all others are 0 or empty: whoever reads looks once, at the end.
 */
export class SshFieldReader {
  isWhole = true;
  #at: number;

  constructor(
    readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.#at = at;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  uint32(): number {
    return Number(bigNumber(this.#take(4)));
  }

  uint64(): bigint {
    return bigNumber(this.#take(8));
  }

  /** A view of the bytes read from, as all that comes from here. */
  string(): Uint8Array {
    return this.#take(this.uint32());
  }

  /** One character a byte. */
  text(): string {
    return latin1(this.string());
  }

  /** A number that is not negative, as its bytes without leading zeros; a negative one makes what is read not whole. */
  mpint(): Uint8Array {
    const bytes = this.string();
    if ((bytes[0] ?? 0) > 127) this.isWhole = false;
    return this.isWhole ? withoutLeadingZeros(bytes) : nothing;
  }

  #take(count: number): Uint8Array {
    if (!this.isWhole || count > this.bytes.length - this.#at) {
      this.isWhole = false;
      return nothing;
    }
    const from = this.#at;
    this.#at += count;
    return this.bytes.subarray(from, this.#at);
  }
}

/** A big-endian number without the zeros before it. */
export function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? nothing : bytes.subarray(first);
}

/** How many bits a number has that has no leading zeros. */
export function bitLength(number: Uint8Array): number {
  const [first = 0] = number;
  return number.length === 0 ? 0 : number.length * 8 - Math.clz32(first) + 24;
}

/** Big-endian bytes as a number. */
export function bigNumber(bytes: Uint8Array): bigint {
  let hex = "0x0";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

/** A number that is not negative as big-endian bytes, as few as it has. */
export function numberBytes(number: bigint): Uint8Array {
  const hex = number.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return withoutLeadingZeros(Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

/** A copy of all of them, one behind the other. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Big-endian; of a number that is none of 32 bits the low ones. */
export function uint32Field(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
}

/** Of a text one byte a character. */
export function stringField(content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? bytesOf(content) : content;
  return joinBytes(uint32Field(bytes.length), bytes);
}

/** A number that is not negative, given big-endian. */
export function mpintField(number: Uint8Array): Uint8Array {
  const digits = withoutLeadingZeros(number);
  return stringField((digits[0] ?? 0) > 127 ? joinBytes(Uint8Array.of(0), digits) : digits);
}
