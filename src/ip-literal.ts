/** Literal IPv4 and IPv6 addresses: text to bytes and back, as inet_pton(3) and inet_ntop(3) do. */

const digit0 = 48;
const dot = 46;

/** A dotted quad as a number below 2^32, or -1. Strict: four decimal numbers without leading zeros. */
export function ipv4Number(text: string): number {
  let number = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (part < 0 || dots === 3) return -1;
      number = number * 256 + part;
      part = -1;
      dots += 1;
      continue;
    }
    const digit = code - digit0;
    if (digit < 0 || digit > 9 || part === 0) return -1;
    part = part < 0 ? digit : part * 10 + digit;
    if (part > 255) return -1;
  }
  return part < 0 || dots !== 3 ? -1 : number * 256 + part;
}

/** Whether it is a dotted quad, as strict as ipv4Number. */
export function isIPv4(text: string): boolean {
  return ipv4Number(text) >= 0;
}

/** The 4 bytes of a dotted quad, or null; as strict as ipv4Number. */
export function parseIPv4(text: string): Uint8Array | null {
  const number = ipv4Number(text);
  return number < 0 ? null : Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
}

/** Whether it is an IPv6 address in any of its forms, without brackets and zone. */
export function isIPv6(text: string): boolean {
  return parseIPv6(text) !== null;
}

/** The 16 bytes of an IPv6 address (no brackets, no zone), or null. */
export function parseIPv6(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === null || tail === null) return null;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Colon-separated groups of one side of `::`; a dotted quad may stand last where the address ends. */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (last && index === groups.length - 1 && group.includes(".")) {
      const quad = parseIPv4(group);
      if (quad === null) return null;
      bytes.push(...quad);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

/** `10.0.0.1` of 4 bytes at `offset`. */
export function formatIPv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** The text inet_ntop(3) gives for 16 bytes at `offset`: the longest run of zeros shortened, IPv4 in its tail dotted. */
export function formatIPv6(bytes: Uint8Array, offset = 0): string {
  const groups: number[] = [];
  for (let index = 0; index < 8; index++) {
    groups.push(((bytes[offset + 2 * index] ?? 0) << 8) | (bytes[offset + 2 * index + 1] ?? 0));
  }
  const zeros = longestZeros(groups);
  const dotted = zeros.start === 0 && (zeros.length === 6 || (zeros.length === 5 && groups[5] === 0xffff));
  const words = groups.map((group) => group.toString(16));
  if (dotted) words.splice(6, 2, formatIPv4(bytes, offset + 12));
  if (zeros.length < 2) return words.join(":");
  const head = words.slice(0, zeros.start).join(":");
  const tail = words.slice(zeros.start + zeros.length).join(":");
  return `${head}::${tail}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
