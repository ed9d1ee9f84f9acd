/** Typed values on their way through an expression: how they are made and how one type becomes another. */
import { formatIPv4, formatIPv6, ipv4Number, isIPv4, parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import { bytesOf, latin1 } from "../../wire/latin1.ts";

/** A typed value on its way through converters. Addresses are literal text (`10.0.0.1`, `2001:db8::1`). */
export type Sample =
  | { readonly type: "bool"; readonly value: boolean }
  | IntegerSample
  | { readonly type: "ipv4" | "ipv6"; readonly value: string }
  | { readonly type: "str"; readonly value: string }
  | { readonly type: "bin"; readonly value: Uint8Array };

/** A 64-bit signed integer. */
export interface IntegerSample {
  readonly type: "sint";
  readonly value: bigint;
  /** The same where it came as a number, which is cheaper to compare. */
  readonly number?: number;
}

/** The type of a value as far as it is known before there is one: "addr" is either family, "any" is not known. */
export type SampleType = Sample["type"] | "addr" | "any";

const yes: Sample = { type: "bool", value: true };
const no: Sample = { type: "bool", value: false };

/** A shared boolean sample. */
export function bool(value: boolean): Sample {
  return value ? yes : no;
}

/** An integer that came as a number. Most are only compared: a BigInt is made for those that are reckoned with or shown. */
class NumberSample implements IntegerSample {
  readonly type = "sint";

  constructor(readonly number: number) {}

  get value(): bigint {
    return BigInt(this.number);
  }
}

/** Small ones, each made when it first occurs. */
const sharedIntegers = Array.from<IntegerSample | undefined>({ length: 1024 });

/** What C makes of a number that is none, or has no end. */
const smallest = -0x8000000000000000n;

/** A 64-bit signed integer; what does not fit wraps, as in C. Of numbers the whole part counts. Small ones are shared. */
export function sint(value: number | bigint): Sample {
  if (typeof value === "bigint") return { type: "sint", value: BigInt.asIntN(64, value) };
  const shared = sharedIntegers[value];
  if (shared !== undefined) return shared;
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) {
    const made = new NumberSample(whole);
    if (whole === value && whole >= 0 && whole < sharedIntegers.length) sharedIntegers[whole] = made;
    return made;
  }
  return { type: "sint", value: Number.isFinite(whole) ? BigInt.asIntN(64, BigInt(whole)) : smallest };
}

/** Text with one character per byte (Latin-1): the form that every string here has. */
export function str(value: string): Sample {
  return { type: "str", value };
}

/** Bytes, which are not copied. */
export function bin(value: Uint8Array): Sample {
  return { type: "bin", value };
}

/** The rules of a session ask for the same address one after the other. */
let lastAddress: Sample | undefined;

/** An address sample of the family that the text has, or undefined. */
export function address(text: string): Sample | undefined {
  if (lastAddress === undefined || lastAddress.value !== text) lastAddress = readAddress(text);
  return lastAddress;
}

function readAddress(text: string): Sample | undefined {
  if (text.includes(":")) return parseIPv6(text) === null ? undefined : { type: "ipv6", value: text };
  return ipv4Number(text) < 0 ? undefined : { type: "ipv4", value: text };
}

const ipv4Mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** `::ffff:10.0.0.1` for 10.0.0.1. */
export function toIPv6(ipv4: string): string {
  return `::ffff:${ipv4}`;
}

/** The IPv4 address of a v4-mapped IPv6 one, or null for any other. */
export function toIPv4(ipv6: string): string | null {
  const bytes = parseIPv6(ipv6);
  return bytes !== null && startsWith(bytes, ipv4Mapped) ? formatIPv4(bytes, 12) : null;
}

/** The IPv4 address inside an IPv6 one for comparisons: v4-mapped, v4-compatible or 6to4; null when there is none. */
export function innerIPv4(ipv6: string): string | null {
  const bytes = parseIPv6(ipv6);
  if (bytes === null) return null;
  if (startsWith(bytes, ipv4Mapped)) return formatIPv4(bytes, 12);
  if (startsWith(bytes, ipv4Mapped.subarray(0, 10)) && bytes[10] === 0 && bytes[11] === 0) return formatIPv4(bytes, 12);
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return formatIPv4(bytes, 2);
  return null;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[index] !== prefix[index]) return false;
  return true;
}

/**
 * Turns a sample into another type by HAProxy's implicit casts (manual, section 7.1.1 "converters"); undefined where
 * none exists or the value does not fit it.
 */
export function cast(sample: Sample, to: SampleType): Sample | undefined {
  if (sample.type === to || to === "any") return sample;
  switch (to) {
    case "bool":
      return castToBool(sample);
    case "sint":
      return castToSint(sample);
    case "str":
      return castToStr(sample);
    case "bin":
      return castToBin(sample);
    default:
      return castToAddress(sample, to);
  }
}

/** Whether there is such a cast at all, for the types before any value is known. */
export function canCast(from: SampleType, to: SampleType): boolean {
  if (from === to || from === "any" || to === "any" || from === "str") return true;
  return casts[from].includes(to);
}

const casts: Record<Exclude<SampleType, "any" | "str">, readonly SampleType[]> = {
  bool: ["sint", "str", "bin"],
  sint: ["bool", "addr", "ipv4", "ipv6", "str", "bin"],
  addr: ["ipv4", "ipv6", "sint", "str", "bin"],
  ipv4: ["addr", "ipv6", "sint", "str", "bin"],
  ipv6: ["addr", "ipv4", "str", "bin"],
  bin: ["str"],
};

function castToBool(sample: Sample): Sample | undefined {
  if (sample.type === "sint") return bool(sample.value !== 0n);
  if (sample.type !== "str") return undefined;
  const number = castToSint(sample);
  return number?.type === "sint" ? bool(number.value !== 0n) : undefined;
}

function castToSint(sample: Sample): Sample | undefined {
  switch (sample.type) {
    case "bool":
      return sint(sample.value ? 1 : 0);
    case "ipv4": {
      const bytes = parseIPv4(sample.value);
      return bytes === null ? undefined : sint(readUint32(bytes));
    }
    case "str":
      return sample.value === "" ? undefined : sint(leadingInteger(sample.value));
    default:
      return undefined;
  }
}

/** The integer a text begins with; 0 for none. Saturates at 64 bits. */
export function leadingInteger(text: string): bigint {
  const [, sign, digits] = /^([+-]?)0*([0-9]*)/.exec(text) ?? [];
  if (digits === undefined || digits === "") return 0n;
  // Long before so many; reading them all takes the square of their number.
  const read = BigInt(digits.slice(0, 20));
  const value = sign === "-" ? -read : read;
  if (value > 0x7fffffffffffffffn) return 0x7fffffffffffffffn;
  return value < -0x8000000000000000n ? -0x8000000000000000n : value;
}

function castToStr(sample: Sample): Sample | undefined {
  switch (sample.type) {
    case "bool":
      return str(sample.value ? "1" : "0");
    case "sint":
      return str(sample.value.toString());
    case "ipv4":
    case "ipv6":
      return str(sample.value);
    case "bin": {
      const end = sample.value.indexOf(0);
      return str(latin1(end === -1 ? sample.value : sample.value.subarray(0, end)));
    }
    default:
      return sample;
  }
}

function castToBin(sample: Sample): Sample | undefined {
  switch (sample.type) {
    case "str":
      return bin(bytesOf(sample.value));
    case "bool":
    case "sint": {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, BigInt(sample.value));
      return bin(bytes);
    }
    case "ipv4":
    case "ipv6": {
      const bytes = sample.type === "ipv4" ? parseIPv4(sample.value) : parseIPv6(sample.value);
      return bytes === null ? undefined : bin(bytes);
    }
    default:
      return undefined;
  }
}

/** As in HAProxy: an IPv4 address ends where neither a digit nor a dot comes, whatever that is. */
function leadingIPv4(text: string): string {
  if (!/^[0-9.]+[^0-9.]/.test(text)) return text;
  const end = text.search(/[^0-9.]/);
  return isIPv4(text.slice(0, end)) ? text.slice(0, end) : text;
}

function castToAddress(sample: Sample, to: "ipv4" | "ipv6" | "addr"): Sample | undefined {
  switch (sample.type) {
    case "sint": {
      const host = formatIPv4(uint32Bytes(Number(BigInt.asUintN(32, sample.value))));
      return to === "ipv6" ? { type: "ipv6", value: toIPv6(host) } : { type: "ipv4", value: host };
    }
    case "ipv4":
      return to === "ipv6" ? { type: "ipv6", value: toIPv6(sample.value) } : sample;
    case "ipv6": {
      if (to !== "ipv4") return sample;
      const host = toIPv4(sample.value);
      return host === null ? undefined : { type: "ipv4", value: host };
    }
    case "str": {
      const parsed = address(leadingIPv4(sample.value));
      if (parsed === undefined || to === "addr" || parsed.type === to) return parsed;
      return to === "ipv6" ? castToAddress(parsed, to) : undefined;
    }
    default:
      return undefined;
  }
}

/** The unsigned number in 4 bytes, network order. */
export function readUint32(bytes: Uint8Array, offset = 0): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** An unsigned number as 4 bytes in network order. */
export function uint32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** An address text in the one form that inet_ntop gives, so that equal addresses are equal texts. */
export function canonicalIPv6(text: string): string | null {
  const bytes = parseIPv6(text);
  return bytes === null ? null : formatIPv6(bytes);
}
