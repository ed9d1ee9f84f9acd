/** Networks: masks, and sets of them in which an address is found without trying each. */
import { formatIPv4, formatIPv6, ipv4Number, parseIPv4, parseIPv6 } from "../wire/address.ts";
import type { Sample } from "./context.ts";
import { cast, innerIPv4, latin1, readUint32, toIPv6, uint32Bytes } from "./sample.ts";

/** The mask written as a number of bits or as an address of that family. Throws on anything else. */
export function readMask(text: string, family: 4 | 6): Uint8Array {
  const length = family === 4 ? 4 : 16;
  if (/^[0-9]{1,3}$/.test(text) && Number(text) <= length * 8) return maskOf(Number(text), length);
  const mask = family === 4 ? parseIPv4(text) : parseIPv6(text);
  if (mask === null) throw new Error(`'${text}' is not a mask`);
  return mask;
}

function maskOf(bits: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => {
    const left = Math.max(0, Math.min(8, bits - 8 * index));
    return (0xff00 >> left) & 0xff;
  });
}

/** A valid IPv4 address with a mask laid on it. */
export function maskIPv4(text: string, mask: Uint8Array): string {
  return formatIPv4(uint32Bytes(ipv4Number(text) & readUint32(mask)));
}

/** A valid IPv6 address with a mask laid on it. */
export function maskIPv6(text: string, mask: Uint8Array): string {
  const bytes = parseIPv6(text);
  return bytes === null ? text : formatIPv6(bytes.map((byte, index) => byte & mask[index]!));
}

/** One network, or one address. */
interface Network {
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** Reads `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32` or an address; null for anything else. */
export function parseNetwork(text: string): Network | null {
  const [host = "", bits, ...more] = text.split("/");
  const family = host.includes(":") ? 6 : 4;
  const address = family === 4 ? parseIPv4(host) : parseIPv6(host);
  if (address === null || more.length > 0) return null;
  try {
    return { family, address, mask: readMask(bits ?? String(address.length * 8), family) };
  } catch {
    return null;
  }
}

/**
 * Compiles networks, each with a value, into a search for the value of the narrowest one an address is in (the first one
 * written, among equals).
 *
 * An IPv4 address is also looked for in IPv6 networks as `::ffff:a.b.c.d`, an IPv6 address that carries an IPv4 one also in
 * IPv4 networks. Throws on a text that is no network.
 */
export function compileNetworks<Value>(
  list: readonly { readonly text: string; readonly value: Value }[],
): (sample: Sample) => Value | undefined {
  const ipv4 = new IPv4Networks<Value>();
  const ipv6 = new IPv6Networks<Value>();
  for (const { text, value } of list) {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`'${text}' is not a valid IPv4 or IPv6 address`);
    (network.family === 4 ? ipv4 : ipv6).add(network, value);
  }
  return (sample) => {
    const host = sample.type === "ipv4" || sample.type === "ipv6" ? sample : cast(sample, "addr");
    if (host?.type === "ipv4") {
      return ipv4.find(ipv4Number(host.value)) ?? (ipv6.isEmpty ? undefined : ipv6.find(toIPv6(host.value)));
    }
    if (host?.type !== "ipv6") return undefined;
    const found = ipv6.find(host.value);
    if (found !== undefined || ipv4.isEmpty) return found;
    const inner = innerIPv4(host.value);
    return inner === null ? undefined : ipv4.find(ipv4Number(inner));
  };
}

/** Networks by mask, the narrowest mask first; of each mask a map from network numbers. */
class IPv4Networks<Value> {
  #groups: { readonly mask: number; readonly values: Map<number, Value> }[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  add(network: Network, value: Value): void {
    const mask = readUint32(network.mask);
    let group = this.#groups.find((one) => one.mask === mask);
    if (group === undefined) {
      group = { mask, values: new Map() };
      this.#groups.push(group);
      this.#groups.sort((left, right) => right.mask - left.mask);
    }
    const key = (readUint32(network.address) & mask) | 0;
    if (!group.values.has(key)) group.values.set(key, value);
  }

  find(address: number): Value | undefined {
    for (const group of this.#groups) {
      const value = group.values.get((address & group.mask) | 0);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** As IPv4Networks, with bytes as text for keys. */
class IPv6Networks<Value> {
  #groups: { readonly mask: Uint8Array; readonly name: string; readonly values: Map<string, Value> }[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  add(network: Network, value: Value): void {
    const name = latin1(network.mask);
    let group = this.#groups.find((one) => one.name === name);
    if (group === undefined) {
      group = { mask: network.mask, name, values: new Map() };
      this.#groups.push(group);
      this.#groups.sort((left, right) => (left.name < right.name ? 1 : -1));
    }
    const key = masked(network.address, network.mask);
    if (!group.values.has(key)) group.values.set(key, value);
  }

  find(text: string): Value | undefined {
    if (this.isEmpty) return undefined;
    const address = parseIPv6(text);
    if (address === null) return undefined;
    for (const group of this.#groups) {
      const value = group.values.get(masked(address, group.mask));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function masked(address: Uint8Array, mask: Uint8Array): string {
  let key = "";
  for (let at = 0; at < 16; at++) key += String.fromCharCode(address[at]! & mask[at]!);
  return key;
}
