/** The hash functions of `hash-type` over a session's key; all give unsigned 32-bit numbers. */
import type { HashTypePlan } from "../../plan/proxy.ts";
import { avalanche, crc32, djb2, sdbm, wt6 } from "../../rules/value/hash.ts";

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
