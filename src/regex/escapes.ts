/** Bytes that an expression names: by escapes, and in classes between brackets. */
import {
  blanks,
  type ByteSet,
  byteSet,
  bytesFrom,
  complement,
  digits,
  lineEnds,
  nothing,
  only,
  posixClasses,
  spaces,
  union,
  withBothCases,
  wordBytes,
} from "./bytes.ts";
import { type Cursor, RegexError } from "./cursor.ts";
import { wordTable } from "../word-table.ts";

/** `\d` and its like, in classes and outside. */
export function escapedSet(cursor: Cursor): ByteSet | null {
  const property = cursor.match(/([pP])(?:([A-Z])|\{(\^?)(\w+)\})/y);
  if (property !== null) return propertySet(property);
  const letter = cursor.text[cursor.at] ?? "";
  const set = classLetters.get(letter.toLowerCase());
  if (set === undefined) return null;
  cursor.at += 1;
  return letter === letter.toLowerCase() ? set : complement(set);
}

/** Of an escape that stands for one byte. */
export function escapedByte(cursor: Cursor): number {
  const hex = cursor.match(/x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/y);
  if (hex !== null) return Number.parseInt(hex[1] ?? `0${hex[2] ?? ""}`, 16);
  const octal = cursor.match(/o\{([0-7]+)\}|([0-7]{1,3})/y);
  if (octal !== null) return Number.parseInt(octal[1] ?? octal[2] ?? "0", 8);
  const control = cursor.match(/c([ -~])/y);
  if (control !== null) return (control[1] as string).toUpperCase().charCodeAt(0) ^ 0x40;
  const letter = cursor.text[cursor.at++] ?? "";
  const code = controls.get(letter);
  if (code !== undefined) return code;
  if (letter === "p" || letter === "P") throw new RegexError("malformed \\P or \\p sequence");
  if (letter === "c") throw new RegexError("\\c at end of pattern");
  if (letter === "K" || letter === "X") throw new RegexError(`\\${letter} is not supported here`);
  if (/[a-zA-Z0-9]/.test(letter)) cursor.fail("unrecognized character follows \\", cursor.at - 1);
  return letter.charCodeAt(0);
}

/** Behind the `[`. */
export function classSet(cursor: Cursor, ignoreCase: boolean): ByteSet {
  const isNegative = cursor.take("^");
  let set = nothing;
  let isFirst = true;
  let isQuoted = false;
  for (; ; isFirst = false) {
    if (cursor.at >= cursor.text.length) throw new RegexError("missing terminating ] for character class");
    if (isQuoted && cursor.take("\\E")) isQuoted = false;
    else if (!isQuoted && cursor.take("\\Q")) isQuoted = true;
    else if (!isQuoted && cursor.take("\\E")) continue;
    else if (!isQuoted && !isFirst && cursor.take("]")) break;
    else set = union(set, member(cursor, isQuoted));
  }
  if (ignoreCase) set = withBothCases(set);
  return isNegative ? complement(set) : set;
}

/** One byte, a range, an escape or a POSIX class. */
function member(cursor: Cursor, isQuoted: boolean): ByteSet {
  if (isQuoted) return only(classByte(cursor, true));
  const posix = cursor.match(/\[:(\^?)([a-z]*):\]/y);
  if (posix !== null) {
    const found = posixClasses.get(posix[2] ?? "");
    if (found === undefined) cursor.fail("unknown POSIX class name", cursor.at - posix[0].length + 2);
    return withoutRange(cursor, posix[1] === "" ? found : complement(found));
  }
  if (cursor.match(/\[[.=][^\]]*[.=]\]/y) !== null) throw new RegexError("POSIX collating elements are not supported");
  const set = escapedMember(cursor);
  if (set !== null) return withoutRange(cursor, set);
  const first = classByte(cursor, false);
  const next = cursor.text[cursor.at + 1];
  if (cursor.text[cursor.at] !== "-" || next === undefined || next === "]") return only(first);
  cursor.at += 1;
  if (cursor.match(/\[:\^?[a-z]*:\]/y) !== null || escapedMember(cursor) !== null) throw new RegexError(invalidRange);
  const last = classByte(cursor, false);
  if (last < first) cursor.fail("range out of order in character class", cursor.at - 1);
  return bytesFrom(first, last);
}

/** No range begins with a set. */
function withoutRange(cursor: Cursor, set: ByteSet): ByteSet {
  const next = cursor.text[cursor.at + 1];
  if (cursor.text[cursor.at] === "-" && next !== undefined && next !== "]") throw new RegexError(invalidRange);
  return set;
}

function escapedMember(cursor: Cursor): ByteSet | null {
  const before = cursor.at;
  if (!cursor.take("\\")) return null;
  if (cursor.match(/[BRX]/y) !== null) cursor.fail("escape sequence is invalid in character class", cursor.at - 1);
  const set = escapedSet(cursor);
  if (set === null) cursor.at = before;
  return set;
}

function classByte(cursor: Cursor, isQuoted: boolean): number {
  if (isQuoted || !cursor.take("\\")) {
    const byte = cursor.text.charCodeAt(cursor.at++);
    if (byte > 0xff) throw new RegexError("character code point value in \\x{} or \\o{} is too large");
    return byte;
  }
  if (cursor.at >= cursor.text.length) throw new RegexError("missing terminating ] for character class");
  return cursor.take("b") ? 8 : escapedByte(cursor);
}

const controls = wordTable({ a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 });

const invalidRange = "invalid range in character class";

/** Of a byte as the character of that number. */
function propertySet([, letter, short, not, long]: RegExpExecArray): ByteSet {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`\\p{${short ?? long ?? ""}}`, "u");
  } catch {
    throw new RegexError("unknown property name after \\P or \\p");
  }
  const set = byteSet((byte) => pattern.test(String.fromCharCode(byte)));
  return (letter === "P") !== (not === "^") ? complement(set) : set;
}

const classLetters: ReadonlyMap<string, ByteSet> = new Map([
  ["d", digits],
  ["w", wordBytes],
  ["s", spaces],
  ["h", blanks],
  ["v", lineEnds],
]);
