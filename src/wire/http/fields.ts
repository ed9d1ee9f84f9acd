/** The fields of a head: as they came, in the bytes of the head, until a rule changes them. */
import { colon, copyBytes, cr, lowerCase, space, writeLineEnd, writeText } from "./bytes.ts";

/** Numbers a field takes in `spans`: where its name and its value begin and end. */
const spanLength = 4;
/** In place of a beginning: it is text that a rule put there. */
const isText = -1;
/** So many pieces are made text by themselves, and then the whole head once. */
const fewTexts = 4;
const zero = 0x30;
/** Of a number that is surely exact. */
const mostDigits = 15;

/**
 * Fields in order, by index from 0 to `count` - 1; an edit shifts those behind it. Names are in lower case in here and
 * must be given so. All text has one character a byte.
 */
export class Fields {
  #count = 0;
  #spans: Int32Array = new Int32Array(32 * spanLength);
  #bytes: Buffer = Buffer.alloc(0);
  /** How much of `#bytes` belongs to this head, and all of it as text once much was asked for. */
  #length = 0;
  #text: string | undefined;
  #textsMade = 0;
  /** Some of what follows may be there. */
  #hasTexts = false;
  /** Text by index, where some was asked for or edited. */
  readonly #names: (string | undefined)[] = [];
  readonly #values: (string | undefined)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Bytes of all lines as `write` writes them. */
  get bytes(): number {
    let sum = 0;
    for (let index = 0; index < this.#count; index++) sum += this.nameLength(index) + this.valueLength(index) + 4;
    return sum;
  }

  /**
   * For readers of heads: takes a copy of `length` bytes, and the fields at `spans` (four offsets each, counted from `from`).
   * The array is kept, and the one before is the caller's.
   */
  fill(bytes: Uint8Array, from: number, length: number, spans: Int32Array, count: number): Int32Array {
    this.#text = undefined;
    this.#textsMade = 0;
    if (this.#bytes.length < length) this.#bytes = Buffer.alloc(length + (length >> 1));
    copyBytes(bytes, from, from + length, this.#bytes, 0);
    this.#length = length;
    const before = this.#spans;
    this.#spans = spans;
    this.#count = count;
    if (this.#hasTexts) this.#forgetTexts();
    this.#lowerNames();
    return before;
  }

  clear(): void {
    this.#count = this.#length = 0;
    this.#text = undefined;
  }

  /** A byte of the head that `fill` was given. */
  byteAt(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  /** Text of the head that `fill` was given. */
  textOf(from: number, end: number): string {
    if (this.#text === undefined && this.#textsMade++ < fewTexts) return this.#bytes.toString("latin1", from, end);
    this.#text ??= this.#bytes.toString("latin1", 0, this.#length);
    return this.#text.slice(from, end);
  }

  /** Writes bytes of the head that `fill` was given; where they end. */
  copyOf(from: number, end: number, into: Uint8Array, at: number): number {
    return copyBytes(this.#bytes, from, end, into, at);
  }

  name(index: number): string {
    this.#hasTexts = true;
    const at = index * spanLength;
    return (this.#names[index] ??= this.textOf(this.#spans[at] ?? 0, this.#spans[at + 1] ?? 0));
  }

  /** Without white space around it. */
  value(index: number): string {
    this.#hasTexts = true;
    const at = index * spanLength;
    return (this.#values[index] ??= this.textOf(this.#spans[at + 2] ?? 0, this.#spans[at + 3] ?? 0));
  }

  /** Where a field's name began in the head as it came; -1 for one that was added. */
  position(index: number): number {
    return this.#spans[index * spanLength] ?? isText;
  }

  isNamed(index: number, name: string): boolean {
    const from = this.#spans[index * spanLength] ?? isText;
    if (from === isText) return this.#names[index] === name;
    if (this.nameLength(index) !== name.length) return false;
    for (let at = 0; at < name.length; at++) if (this.#bytes[from + at] !== name.charCodeAt(at)) return false;
    return true;
  }

  /** Whether the value is this, which is in lower case; the value's case does not count. */
  isValue(index: number, value: string): boolean {
    if (this.valueLength(index) !== value.length) return false;
    const from = this.#spans[index * spanLength + 2] ?? isText;
    if (from === isText) return this.#values[index]?.toLowerCase() === value;
    for (let at = 0; at < value.length; at++) {
      if (lowerCase[this.#bytes[from + at] ?? 0] !== value.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The value as a number; -1 where it is not all digits, or too many of them. */
  numberAt(index: number): number {
    const from = this.#spans[index * spanLength + 2] ?? isText;
    const end = this.#spans[index * spanLength + 3] ?? 0;
    if (from === isText || end === from || end - from > mostDigits) return -1;
    let number = 0;
    for (let at = from; at < end; at++) {
      const digit = (this.#bytes[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) return -1;
      number = number * 10 + digit;
    }
    return number;
  }

  /** The first index at or behind `from` with this name, or -1. */
  find(name: string, from = 0): number {
    for (let index = from; index < this.#count; index++) if (this.isNamed(index, name)) return index;
    return -1;
  }

  has(name: string): boolean {
    return this.find(name) >= 0;
  }

  /** Adds a field at the end. CR, LF and NUL in an edit's text are written as spaces. */
  add(name: string, value: string): void {
    this.#reserve(this.#count + 1);
    this.#hasTexts = true;
    this.#spans.fill(isText, this.#count * spanLength, (this.#count + 1) * spanLength);
    this.#names[this.#count] = name;
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  /** Removes all of this name and adds one at the end. */
  set(name: string, value: string): void {
    this.remove(name);
    this.add(name, value);
  }

  replaceAt(index: number, value: string): void {
    this.#spans[index * spanLength + 2] = isText;
    this.#hasTexts = true;
    this.#values[index] = value;
  }

  removeAt(index: number): void {
    const end = this.#count * spanLength;
    this.#spans.copyWithin(index * spanLength, (index + 1) * spanLength, end);
    this.#names.splice(index, 1);
    this.#values.splice(index, 1);
    this.#count -= 1;
  }

  /** Removes all of this name; how many went. */
  remove(name: string): number {
    let removed = 0;
    for (let index = this.find(name); index >= 0; index = this.find(name, index)) {
      this.removeAt(index);
      removed += 1;
    }
    return removed;
  }

  /** Removes those whose name is meant; how many went. */
  removeWhere(isMeant: (name: string) => boolean): number {
    const before = this.#count;
    for (let index = before - 1; index >= 0; index--) if (isMeant(this.name(index))) this.removeAt(index);
    return before - this.#count;
  }

  /** Gives each line of this name the value that `replaced` makes of it; undefined leaves it. How many got one. */
  replaceLines(name: string, replaced: (value: string) => string | undefined): number {
    let changed = 0;
    for (let index = this.find(name); index >= 0; index = this.find(name, index + 1)) {
      const value = replaced(this.value(index));
      if (value === undefined) continue;
      this.replaceAt(index, value);
      changed += 1;
    }
    return changed;
  }

  /**
   * Writes the lines, `name: value` and CR LF each, without the empty one; where they end. `adjustCase` has the names that
   * are to be written otherwise (`h1-case-adjust`). The caller has room for `bytes`.
   */
  write(into: Uint8Array, at: number, adjustCase?: ReadonlyMap<string, string>): number {
    let end = at;
    for (let index = 0; index < this.#count;) {
      const last = adjustCase === undefined ? this.#runFrom(index) : index;
      if (last > index) end = this.#copy(index, last, into, end);
      else end = this.#writeLine(index, into, end, adjustCase);
      index = last > index ? last : index + 1;
    }
    return end;
  }

  /** The first index behind `index` whose line does not stand, as it is to be written, right behind the one before. */
  #runFrom(index: number): number {
    const spans = this.#spans;
    const bytes = this.#bytes;
    for (let last = index; last < this.#count; last++) {
      const at = last * spanLength;
      const nameEnd = spans[at + 1] ?? 0;
      const valueEnd = spans[at + 3] ?? 0;
      if (spans[at] === isText || spans[at + 2] !== nameEnd + 2) return last;
      if (bytes[nameEnd + 1] !== space || bytes[valueEnd] !== cr) return last;
      if (spans[at + spanLength] !== valueEnd + 2) return last + 1;
    }
    return this.#count;
  }

  #copy(first: number, last: number, into: Uint8Array, at: number): number {
    const from = this.#spans[first * spanLength] ?? 0;
    const end = (this.#spans[(last - 1) * spanLength + 3] ?? 0) + 2;
    return this.copyOf(from, end, into, at);
  }

  #writeLine(index: number, into: Uint8Array, at: number, adjustCase: ReadonlyMap<string, string> | undefined): number {
    const name = this.name(index);
    let end = writeText(adjustCase?.get(name) ?? name, into, at);
    into[end] = colon;
    into[end + 1] = space;
    end = writeText(this.value(index), into, end + 2);
    return writeLineEnd(into, end);
  }

  nameLength(index: number): number {
    const at = index * spanLength;
    const from = this.#spans[at] ?? isText;
    return from === isText ? (this.#names[index] ?? "").length : (this.#spans[at + 1] ?? 0) - from;
  }

  valueLength(index: number): number {
    const at = index * spanLength + 2;
    const from = this.#spans[at] ?? isText;
    return from === isText ? (this.#values[index] ?? "").length : (this.#spans[at + 1] ?? 0) - from;
  }

  /** The arrays keep their length: growing anew from nothing is dear. */
  #forgetTexts(): void {
    this.#names.fill(undefined);
    this.#values.fill(undefined);
    this.#hasTexts = false;
  }

  /** Names in lower case, in our copy of the bytes. */
  #lowerNames(): void {
    const bytes = this.#bytes;
    const spans = this.#spans;
    const stop = this.#count * spanLength;
    for (let at = 0; at < stop; at += spanLength) {
      const end = spans[at + 1] ?? 0;
      for (let name = spans[at] ?? 0; name < end; name++) {
        const byte = bytes[name] ?? 0;
        if (byte <= 0x5a && byte >= 0x41) bytes[name] = byte + 0x20;
      }
    }
  }

  /** Makes room for so many fields. */
  #reserve(count: number): void {
    if (count * spanLength <= this.#spans.length) return;
    const spans = new Int32Array(count * spanLength * 2);
    spans.set(this.#spans);
    this.#spans = spans;
  }
}
