/**
 * Patterns in the form in which they are compared, one index a kind: each change costs what one pattern costs, so that no lookup
 * ever has to make up for those before it. Exact texts, prefixes, suffixes, numbers and networks are found by hash, however
 * many there are; ranges, substrings and regular expressions are tried in order.
 */
import type { AclTest } from "../../plan/rules/acl.ts";
import { compileRegex } from "../../regex/compile.ts";
import { Buckets, type Referenced } from "./buckets.ts";
import { NetworkIndex } from "./network.ts";
import { NumberIndex } from "./number-index.ts";
import { type Sample, cast } from "../value/sample.ts";

/** How values are compared; "ver" is "int" with dotted versions (`3.1:3.3`), for TLS. */
export type MatchKind = AclTest["match"] | "ver";

/** How an index compares: all but "found" and "bool", which know no patterns. */
export type IndexKind = Exclude<MatchKind, "found" | "bool">;

/** Entries by what they are compared with. */
export interface PatternIndex<Entry extends Referenced> {
  /** Adds an entry under a text, or puts it in the place of the one with its reference. Throws on a text that is no pattern of this kind. */
  put(text: string, entry: Entry): void;
  /** Takes an entry away that was put there under this text. */
  remove(text: string, entry: Entry): void;
  /** The best by hash, else the first in order. */
  find(sample: Sample): Entry | undefined;
}

/** An empty index. */
export function openIndex<Entry extends Referenced>(kind: IndexKind, ignoreCase: boolean): PatternIndex<Entry> {
  switch (kind) {
    case "int":
    case "ver":
      return new NumberIndex(kind === "ver");
    case "len":
      return new LengthIndex();
    case "ip":
      return new NetworkIndex();
    case "bin":
      return new BinaryIndex();
    case "str":
      return new TextIndex(new Buckets(), ignoreCase);
    case "beg":
    case "end":
      return new PartIndex(kind === "beg", ignoreCase);
    default:
      return new OrderedIndex(kind, ignoreCase);
  }
}

/** Letters of ASCII only: the rest are bytes of who knows what encoding. */
function lowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (run) => run.toLowerCase()) : text;
}

function textOf(sample: Sample, ignoreCase: boolean): string | undefined {
  const text = sample.type === "str" ? sample : cast(sample, "str");
  if (text?.type !== "str") return undefined;
  return ignoreCase ? lowerCase(text.value) : text.value;
}

/** Whole texts. */
export class TextIndex<Entry extends Referenced> implements PatternIndex<Entry> {
  readonly #ignoreCase: boolean;

  constructor(
    private readonly entries: Buckets<string, Entry>,
    ignoreCase: boolean,
  ) {
    this.#ignoreCase = ignoreCase;
  }

  #keyOf(text: string): string {
    return this.#ignoreCase ? lowerCase(text) : text;
  }

  put(text: string, entry: Entry): void {
    this.entries.put(this.#keyOf(text), entry);
  }

  remove(text: string, entry: Entry): void {
    this.entries.remove(this.#keyOf(text), entry);
  }

  find(sample: Sample): Entry | undefined {
    const text = textOf(sample, this.#ignoreCase);
    return text === undefined ? undefined : this.entries.first(text);
  }
}

/** Bytes, written in hexadecimal. */
class BinaryIndex<Entry extends Referenced> implements PatternIndex<Entry> {
  readonly #entries = new Buckets<string, Entry>();

  put(text: string, entry: Entry): void {
    this.#entries.put(text.toLowerCase(), entry);
  }

  remove(text: string, entry: Entry): void {
    this.#entries.remove(text.toLowerCase(), entry);
  }

  find(sample: Sample): Entry | undefined {
    const bytes = cast(sample, "bin");
    if (bytes?.type !== "bin") return undefined;
    return this.#entries.first(
      Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.length).toString("hex"),
    );
  }
}

/** How long texts are. */
class LengthIndex<Entry extends Referenced> implements PatternIndex<Entry> {
  readonly #numbers = new NumberIndex<Entry>(false);

  put(text: string, entry: Entry): void {
    this.#numbers.put(text, entry);
  }

  remove(text: string, entry: Entry): void {
    this.#numbers.remove(text, entry);
  }

  find(sample: Sample): Entry | undefined {
    const text = cast(sample, "str");
    if (text?.type !== "str") return undefined;
    return this.#numbers.find({ type: "sint", value: BigInt(text.value.length) });
  }
}

/** Beginnings or ends, the longest first: one look into a map per length that occurs. */
class PartIndex<Entry extends Referenced> implements PatternIndex<Entry> {
  readonly #isStart: boolean;
  readonly #ignoreCase: boolean;
  /** How many different texts there are of a length. */
  readonly #counts = new Map<number, number>();
  /** Those that occur, in descending order. */
  readonly #lengths: number[] = [];
  readonly #entries = new Buckets<string, Entry>();

  constructor(isStart: boolean, ignoreCase: boolean) {
    this.#isStart = isStart;
    this.#ignoreCase = ignoreCase;
  }

  put(text: string, entry: Entry): void {
    if (this.#entries.put(this.#ignoreCase ? lowerCase(text) : text, entry)) this.#count(text.length, 1);
  }

  remove(text: string, entry: Entry): void {
    if (this.#entries.remove(this.#ignoreCase ? lowerCase(text) : text, entry)) this.#count(text.length, -1);
  }

  #count(length: number, change: number): void {
    const before = this.#counts.get(length) ?? 0;
    if (before === 0) this.#lengths.splice(this.#placeOf(length), 0, length);
    if (before + change > 0) this.#counts.set(length, before + change);
    else {
      this.#counts.delete(length);
      this.#lengths.splice(this.#placeOf(length), 1);
    }
  }

  /** Where a length stands, or would. */
  #placeOf(length: number): number {
    let low = 0;
    for (let high = this.#lengths.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#lengths[middle]! > length) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(sample: Sample): Entry | undefined {
    const text = textOf(sample, this.#ignoreCase);
    if (text === undefined) return undefined;
    for (const length of this.#lengths) {
      if (length > text.length) continue;
      const entry = this.#entries.first(this.#isStart ? text.slice(0, length) : text.slice(text.length - length));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

type Test = (text: string) => boolean;

/** What can only be tried, in the order of coming. */
class OrderedIndex<Entry extends Referenced> implements PatternIndex<Entry> {
  readonly #kind: "sub" | "dir" | "dom" | "reg";
  readonly #ignoreCase: boolean;
  readonly #entries = new Map<number, { readonly test: Test; readonly entry: Entry }>();

  constructor(kind: "sub" | "dir" | "dom" | "reg", ignoreCase: boolean) {
    this.#kind = kind;
    this.#ignoreCase = ignoreCase;
  }

  put(text: string, entry: Entry): void {
    const test = this.#entries.get(entry.reference)?.test ?? compileTest(this.#kind, text, this.#ignoreCase);
    this.#entries.set(entry.reference, { test, entry });
  }

  remove(_text: string, { reference }: Entry): void {
    this.#entries.delete(reference);
  }

  find(sample: Sample): Entry | undefined {
    const text = textOf(sample, this.#ignoreCase && this.#kind !== "reg");
    if (text === undefined) return undefined;
    for (const { test, entry } of this.#entries.values()) if (test(text)) return entry;
    return undefined;
  }
}

function compileTest(kind: "sub" | "dir" | "dom" | "reg", written: string, ignoreCase: boolean): Test {
  if (kind === "reg") {
    const regex = compileRegex(written, { ignoreCase });
    // The engine puts off half of its work to the first use: many would all have theirs in one lookup.
    regex.test("");
    return (text) => regex.test(text);
  }
  const pattern = ignoreCase ? lowerCase(written) : written;
  if (kind === "sub") return (text) => text.includes(pattern);
  const delimiters = kind === "dir" ? "/?" : "/?.:";
  const word = trimmed(pattern, delimiters);
  // As in HAProxy: no word is nowhere.
  return word === "" ? () => false : (text) => hasWord(text, word, delimiters);
}

function trimmed(text: string, delimiters: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && delimiters.includes(text[start]!)) start++;
  while (end > start && delimiters.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Whether the word stands in the text between delimiters or its ends. */
function hasWord(text: string, word: string, delimiters: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    const startsHere = at === 0 || delimiters.includes(text[at - 1]!);
    if (startsHere && (end === text.length || delimiters.includes(text[end]!))) return true;
  }
  return false;
}
