/** Sets of bytes: what one place of a regular expression takes. */

/** A bit for each byte, in eight words. Never changed once it is made. */
export type ByteSet = Uint32Array;

export function has(set: ByteSet, byte: number): boolean {
  return ((set[byte >> 5] ?? 0) & (1 << (byte & 31))) !== 0;
}

/** The set of the bytes for which `is` is true. */
export function byteSet(is: (byte: number) => boolean): ByteSet {
  const set = new Uint32Array(8);
  for (let byte = 0; byte < 256; byte++) if (is(byte)) set[byte >> 5]! |= 1 << (byte & 31);
  return set;
}

/** Bytes of a text with one character per byte, and ranges of them: `"az"` among the ranges is all from `a` to `z`. */
export function bytesIn(characters: string, ranges: readonly string[] = []): ByteSet {
  return byteSet((byte) => {
    const character = String.fromCharCode(byte);
    return characters.includes(character) || ranges.some((range) => character >= range[0]! && character <= range[1]!);
  });
}

/** All from `first` to `last`. */
export function bytesFrom(first: number, last: number): ByteSet {
  return byteSet((byte) => byte >= first && byte <= last);
}

const singles: ByteSet[] = [];

/** The set of one byte. */
export function only(byte: number): ByteSet {
  return (singles[byte] ??= bytesFrom(byte, byte));
}

export function complement(set: ByteSet): ByteSet {
  return set.map((word) => ~word);
}

export function union(one: ByteSet, other: ByteSet): ByteSet {
  const set = new Uint32Array(8);
  for (let word = 0; word < 8; word++) set[word] = (one[word] ?? 0) | (other[word] ?? 0);
  return set;
}

export function intersect(one: ByteSet, other: ByteSet): boolean {
  for (let word = 0; word < 8; word++) if (((one[word] ?? 0) & (other[word] ?? 0)) !== 0) return true;
  return false;
}

/** With each letter of ASCII its other case: HAProxy's tables know no more than the C locale's. */
export function withBothCases(set: ByteSet): ByteSet {
  return byteSet((byte) => has(set, byte) || (isLetter(byte) && has(set, byte ^ 0x20)));
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Its runs of neighbours, first and last byte of each. */
export function runsOf(set: ByteSet): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  for (let byte = 0; byte < 256; byte++) {
    // Words that have nothing of it.
    if ((byte & 31) === 0 && set[byte >> 5] === 0) {
      byte += 31;
      continue;
    }
    if (!has(set, byte)) continue;
    const first = byte;
    while (byte < 255 && has(set, byte + 1)) byte++;
    runs.push([first, byte]);
  }
  return runs;
}

export const nothing = byteSet(() => false);
export const anything = byteSet(() => true);
export const digits = bytesIn("", ["09"]);
export const wordBytes = bytesIn("_", ["09", "AZ", "az"]);
export const spaces = bytesIn(" \t\n\v\f\r");
export const blanks = bytesIn(" \t\xa0");
export const lineEnds = bytesIn("\n\v\f\r\x85");
export const allButNewline = byteSet((byte) => byte !== 0x0a);

/** POSIX classes in the C locale. */
export const posixClasses: ReadonlyMap<string, ByteSet> = new Map([
  ["alnum", bytesIn("", ["09", "AZ", "az"])],
  ["alpha", bytesIn("", ["AZ", "az"])],
  ["ascii", bytesIn("", ["\0\x7f"])],
  ["blank", bytesIn(" \t")],
  ["cntrl", bytesIn("\x7f", ["\0\x1f"])],
  ["digit", digits],
  ["graph", bytesIn("", ["!~"])],
  ["lower", bytesIn("", ["az"])],
  ["print", bytesIn("", [" ~"])],
  ["punct", bytesIn("", ["!/", ":@", "[`", "{~"])],
  ["space", spaces],
  ["upper", bytesIn("", ["AZ"])],
  ["word", wordBytes],
  ["xdigit", bytesIn("", ["09", "AF", "af"])],
]);
