/** Which forms of passwords can be told right from wrong here, and whether one is right: by code of ours, the runtime and the system. */
import { canVerify, isPassword } from "../../rules/value/crypt.ts";
import type { SystemCrypt } from "../../net/libc/crypt-calls.ts";

/** Takes the thread for as long as each answer takes: milliseconds, or what the hash's cost says. */
export interface PasswordCheck {
  /** Whether passwords of this form can be told right from wrong. */
  canVerify(hashed: string): boolean;
  /** Whether `password` (a character a byte) is the one that was hashed. Throws where that cannot be told. */
  isPassword(password: string, hashed: string): boolean;
}

/** Base64 of 16 bytes and of 23, whose last characters have bits that say nothing and are 0. */
const bcrypt =
  /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{21}(?:[.Oeu][./A-Za-z0-9]{30})(?:[.CGKOSWaeimquy26])$/;

/** `address`: where another thread has found the system's function (null: nowhere); left out: it is looked for. */
export async function openPasswordCheck(address?: number | null): Promise<PasswordCheck> {
  const calls = await cryptCalls();
  if (calls === null) return { canVerify, isPassword };
  const { cryptAt, isOfBcrypt, openCrypt } = calls;
  let opened: SystemCrypt | null | undefined;
  // Most configurations have no use for it.
  const system = (): SystemCrypt | null => {
    if (opened === undefined) opened = address === undefined ? openCrypt() : address === null ? null : cryptAt(address);
    return opened;
  };
  const shapes = new Map<string, boolean>();
  return {
    canVerify(hashed) {
      if (canVerify(hashed) || bcrypt.test(hashed)) return true;
      if (system() === null || !/^[\x21-\x7e]+$/.test(hashed)) return false;
      const shape = shapeOf(hashed);
      const isKnown = shapes.get(shape) ?? hashedBy(system(), new Uint8Array(0), hashed)?.length === hashed.length;
      shapes.set(shape, isKnown);
      return isKnown;
    },
    isPassword(password, hashed) {
      const key = Buffer.from(password, "latin1");
      if (key.includes(0)) return false;
      if (canVerify(hashed)) return isPassword(password, hashed);
      if (bcrypt.test(hashed)) return isOfBcrypt(key, hashed);
      const made = hashedBy(system(), key, hashed);
      if (made === null) throw new Error("the system does not know this form of password");
      return made === hashed;
    },
  };
}

function hashedBy(system: SystemCrypt | null, key: Uint8Array, hashed: string): string | null {
  return system === null ? null : system.hash(key, hashed);
}

/** What hashes have in common that are the same but for salt and sum: one of them is tried, for each takes its time. */
function shapeOf(hashed: string): string {
  // `$7$` has its cost in the eleven characters before the salt.
  const fixed = hashed.startsWith("$7$") ? 14 : hashed.startsWith("_") ? 5 : 0;
  const rest = hashed
    .slice(fixed)
    .replace(/[./0-9A-Za-z]+(\$*)([./0-9A-Za-z]*)$/, (whole, mark: string, sum: string) =>
      [whole.length - mark.length - sum.length, mark, sum.length].join(" "),
    );
  return hashed.slice(0, fixed) + rest;
}

/** Where the system's function is, for a thread that could not find it any more; null: nowhere. */
export async function cryptAddress(): Promise<number | null> {
  return (await cryptCalls())?.openCrypt()?.address ?? null;
}

/** In the bundle for Node and Deno the version is defined to be undefined, and nothing of Bun's is in it: only what such an `if` holds is left out. */
async function cryptCalls() {
  if (process.versions["bun"] !== undefined) return import("../../net/libc/crypt-calls.ts");
  return null;
}
