/** Networks: masks, and sets of them in which an address is found without trying each. */
import { latin1 } from "../../wire/latin1.ts";
import { formatIPv4, formatIPv6, ipv4Number, parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import { Buckets, type Referenced } from "./buckets.ts";
import { type Sample, cast, innerIPv4, readUint32, toIPv6, uint32Bytes } from "../value/sample.ts";

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
 * Networks in which an address is found without trying each: the narrowest one that it is in (the first one written, among
 * equals).
 *
 * An IPv4 address is also looked for in IPv6 networks as `::ffff:a.b.c.d`, an IPv6 address that carries an IPv4 one also in
 * IPv4 networks.
 */
export class NetworkIndex<Entry extends Referenced> {
  readonly #ipv4 = new IPv4Networks<Entry>();
  readonly #ipv6 = new IPv6Networks<Entry>();

  /** Throws on a text that is no network. */
  put(text: string, entry: Entry): void {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`'${text}' is not a valid IPv4 or IPv6 address`);
    (network.family === 4 ? this.#ipv4 : this.#ipv6).add(network, entry);
  }

  remove(text: string, entry: Entry): void {
    const network = parseNetwork(text);
    if (network !== null) (network.family === 4 ? this.#ipv4 : this.#ipv6).remove(network, entry);
  }

  find(sample: Sample): Entry | undefined {
    const host = sample.type === "ipv4" || sample.type === "ipv6" ? sample : cast(sample, "addr");
    const [ipv4, ipv6] = [this.#ipv4, this.#ipv6];
    if (host?.type === "ipv4") {
      return ipv4.find(ipv4Number(host.value)) ?? (ipv6.isEmpty ? undefined : ipv6.find(toIPv6(host.value)));
    }
    if (host?.type !== "ipv6") return undefined;
    const found = ipv6.find(host.value);
    if (found !== undefined || ipv4.isEmpty) return found;
    const inner = innerIPv4(host.value);
    return inner === null ? undefined : ipv4.find(ipv4Number(inner));
  }
}

/** Networks by mask, the narrowest mask first; of each mask those by their numbers. */
class IPv4Networks<Entry extends Referenced> {
  #groups: { readonly mask: number; readonly entries: Buckets<number, Entry> }[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  add(network: Network, entry: Entry): void {
    const mask = readUint32(network.mask);
    let group = this.#groups.find((one) => one.mask === mask);
    if (group === undefined) {
      group = { mask, entries: new Buckets() };
      this.#groups.push(group);
      this.#groups.sort((left, right) => right.mask - left.mask);
    }
    group.entries.put((readUint32(network.address) & mask) | 0, entry);
  }

  remove(network: Network, entry: Entry): void {
    const mask = readUint32(network.mask);
    const at = this.#groups.findIndex((one) => one.mask === mask);
    const entries = this.#groups[at]?.entries;
    entries?.remove((readUint32(network.address) & mask) | 0, entry);
    if (entries?.size === 0) this.#groups.splice(at, 1);
  }

  find(address: number): Entry | undefined {
    for (const group of this.#groups) {
      const entry = group.entries.first((address & group.mask) | 0);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

/** As IPv4Networks, with bytes as text for keys. */
class IPv6Networks<Entry extends Referenced> {
  #groups: { readonly mask: Uint8Array; readonly name: string; readonly entries: Buckets<string, Entry> }[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  add(network: Network, entry: Entry): void {
    const name = latin1(network.mask);
    let group = this.#groups.find((one) => one.name === name);
    if (group === undefined) {
      group = { mask: network.mask, name, entries: new Buckets() };
      this.#groups.push(group);
      this.#groups.sort((left, right) => (left.name < right.name ? 1 : -1));
    }
    group.entries.put(masked(network.address, network.mask), entry);
  }

  remove(network: Network, entry: Entry): void {
    const name = latin1(network.mask);
    const at = this.#groups.findIndex((one) => one.name === name);
    const entries = this.#groups[at]?.entries;
    entries?.remove(masked(network.address, network.mask), entry);
    if (entries?.size === 0) this.#groups.splice(at, 1);
  }

  find(text: string): Entry | undefined {
    if (this.isEmpty) return undefined;
    const address = parseIPv6(text);
    if (address === null) return undefined;
    for (const group of this.#groups) {
      const entry = group.entries.first(masked(address, group.mask));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

function masked(address: Uint8Array, mask: Uint8Array): string {
  let key = "";
  for (let at = 0; at < 16; at++) key += String.fromCharCode(address[at]! & mask[at]!);
  return key;
}
