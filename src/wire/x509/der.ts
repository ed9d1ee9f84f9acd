/** Distinguished encoding rules (X.690): elements in bytes, one behind the other or within each other. */

/** One element. Neither part is a copy. */
export interface DerElement {
  /** Its first byte: class, whether it is made of elements, and number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

/** Tags of the types that are read here, as they stand in an element. */
export const derTags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/**
 * Takes the elements of `bytes` one after the other. Whatever does not fit ends it: a tag of several bytes, a length without an
 * end or beyond the bytes.
 */
export class DerReader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Null: there is no other, or none that is whole. */
  next(): DerElement | null {
    const { bytes } = this;
    const start = this.#at;
    const tag = bytes[start];
    const first = bytes[start + 1];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || more > 4) return null;
    let length = first < 0x80 ? first : 0;
    for (let index = 0; index < more; index++) length = length * 256 + (bytes[start + 2 + index] ?? 0);
    const contentAt = start + 2 + more;
    const end = contentAt + length;
    if (end > bytes.length) return null;
    this.#at = end;
    return { tag, content: bytes.subarray(contentAt, end), whole: bytes.subarray(start, end) };
  }

  /** The next element's content where it has this tag; else null, and it is still the next. */
  take(tag: number): Uint8Array | null {
    if (this.bytes[this.#at] !== tag) return null;
    return this.next()?.content ?? null;
  }

  /** A reader of what the next element is made of; null as `take`. */
  enter(tag: number): DerReader | null {
    const content = this.take(tag);
    return content === null ? null : new DerReader(content);
  }
}

/** Longer identifiers are cut: none that means anything comes near. */
const identifierBytes = 64;

/** An object identifier's content in figures: `2.5.4.3`. */
export function identifierText(content: Uint8Array): string {
  let text = "";
  let arc = 0;
  let large = 0n;
  for (const byte of content.subarray(0, identifierBytes)) {
    if (arc < exactArc && large === 0n) arc = arc * 128 + (byte & 0x7f);
    else large = (large === 0n ? BigInt(arc) : large) * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    if (text !== "") text += `.${large === 0n ? arc : large}`;
    // The first two arcs share a number.
    else if (large !== 0n) text = `2.${large - 80n}`;
    else text = arc < 80 ? `${Math.floor(arc / 40)}.${arc % 40}` : `2.${arc - 80}`;
    arc = 0;
    large = 0n;
  }
  return text;
}

/** Below it a number may be shifted by a byte of an identifier and is still exact. */
const exactArc = 2 ** 46;

/** An integer's magnitude without leading zeros, whatever its sign; zero is one byte. */
export function integerBytes(content: Uint8Array): Uint8Array {
  let bytes = content;
  if ((content[0] ?? 0) >= 0x80) {
    bytes = content.map((byte) => ~byte & 0xff);
    let at = bytes.length - 1;
    while (at > 0 && bytes[at] === 0xff) bytes[at--] = 0;
    bytes[at] = (bytes[at] ?? 0) + 1;
  }
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  return bytes.subarray(start);
}

/** How many bits an integer's magnitude has. */
export function integerBits(content: Uint8Array): number {
  const bytes = integerBytes(content);
  return bytes.length === 0 ? 0 : (bytes.length - 1) * 8 + (32 - Math.clz32(bytes[0] ?? 0));
}
