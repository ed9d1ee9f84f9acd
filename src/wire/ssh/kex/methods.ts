/** The key exchange methods that we speak, by name. */
import { createECDH } from "node:crypto";
import { AgreedExchange, curve25519, hasMlKem, mlKem768WithCurve25519, nistCurve } from "./agreement.ts";
import { AskedGroupExchange, FixedGroupExchange } from "./diffie-hellman.ts";
import type { KeyExchange } from "./key-exchange.ts";

/** In our order of preference: as OpenSSH's client has it, then what only old servers are left with. */
const methods: ReadonlyMap<string, () => KeyExchange> = new Map<string, () => KeyExchange>([
  ["mlkem768x25519-sha256", () => new AgreedExchange("sha256", mlKem768WithCurve25519)],
  ["curve25519-sha256", () => new AgreedExchange("sha256", curve25519)],
  ["curve25519-sha256@libssh.org", () => new AgreedExchange("sha256", curve25519)],
  ["ecdh-sha2-nistp256", () => new AgreedExchange("sha256", () => nistCurve("prime256v1"))],
  ["ecdh-sha2-nistp384", () => new AgreedExchange("sha384", () => nistCurve("secp384r1"))],
  ["ecdh-sha2-nistp521", () => new AgreedExchange("sha512", () => nistCurve("secp521r1"))],
  ["diffie-hellman-group14-sha256", () => new FixedGroupExchange("sha256", "group14")],
  ["diffie-hellman-group16-sha512", () => new FixedGroupExchange("sha512", "group16")],
  ["diffie-hellman-group18-sha512", () => new FixedGroupExchange("sha512", "group18")],
  ["diffie-hellman-group-exchange-sha256", () => new AskedGroupExchange("sha256")],
  ["diffie-hellman-group14-sha1", () => new FixedGroupExchange("sha1", "group14")],
  ["diffie-hellman-group-exchange-sha1", () => new AskedGroupExchange("sha1")],
  ["diffie-hellman-group1-sha1", () => new FixedGroupExchange("sha1", "group1")],
]);

let known: Promise<readonly string[]> | null = null;

/** The names of those that this runtime's cryptography can do. */
export function kexMethods(): Promise<readonly string[]> {
  known ??= knownMethods();
  return known;
}

async function knownMethods(): Promise<readonly string[]> {
  const lacking = new Set<string>();
  if (!(await hasMlKem())) lacking.add("mlkem768x25519-sha256");
  if (!hasP521()) lacking.add("ecdh-sha2-nistp521");
  return [...methods.keys()].filter((name) => !lacking.has(name));
}

/** Deno's lists the curve, and does not have it. */
function hasP521(): boolean {
  try {
    return createECDH("secp521r1").generateKeys().length > 0;
  } catch {
    return false;
  }
}

/** One exchange by that method; null: it is none of ours. */
export function openKeyExchange(name: string): KeyExchange | null {
  return methods.get(name)?.() ?? null;
}
