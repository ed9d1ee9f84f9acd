/** How a sample is compared with patterns: for ACLs whether any matches, for maps which one (manual, sections 7.1.1 to 7.1.6). */
import type { AclTest } from "../plan.ts";
import type { IntegerSample, Sample } from "./context.ts";
import { compileNetworks } from "./network.ts";
import { compileRegex } from "../regex.ts";
import { cast, leadingInteger } from "./sample.ts";

export type MatchKind = AclTest["match"] | "ver";
export type Match = (sample: Sample) => boolean;

/** A pattern and what to give when it matches. */
export interface Pattern<Value> {
  readonly text: string;
  readonly value: Value;
}

/**
 * Compiles all patterns of a test into one function. "ver" is "int" with dotted versions (`3.1:3.3`), for TLS.
 *
 * A pattern of an integer may begin with an operator and a space (`gt 3`). Exact texts, prefixes, suffixes
 * and networks are found by hash, however many there are; substrings and regular expressions are tried in order.
 */
export function compileMatch(match: MatchKind, patterns: readonly string[], ignoreCase: boolean): Match {
  if (match === "found") return () => true;
  if (match === "bool") {
    return (sample) => (sample.type === "bool" ? sample.value : cast(sample, "bool")?.value === true);
  }
  const search = compileSearch(
    match,
    patterns.map((text) => ({ text, value: true })),
    ignoreCase,
  );
  return (sample) => search(sample) !== undefined;
}

/** Compiles patterns into a search for the value of the one that matches: the best by hash, else the first in order. */
export function compileSearch<Value>(
  match: Exclude<MatchKind, "found" | "bool">,
  patterns: readonly Pattern<Value>[],
  ignoreCase: boolean,
): (sample: Sample) => Value | undefined {
  switch (match) {
    case "int":
    case "ver":
      return numberSearch(patterns, match === "ver");
    case "len": {
      const find = numberSearch(patterns, false);
      return (sample) => {
        const text = cast(sample, "str");
        return text?.type === "str" ? find({ type: "sint", value: BigInt(text.value.length) }) : undefined;
      };
    }
    case "ip":
      return compileNetworks(patterns);
    case "bin":
      return binarySearch(patterns);
    default:
      return textSearch(compileTextSearch(match, patterns, ignoreCase), ignoreCase && match !== "reg");
  }
}

interface Range<Value> {
  readonly from: bigint;
  readonly to: bigint;
  /** The same as numbers, for samples that are numbers. */
  readonly least: number;
  readonly most: number;
  readonly value: Value;
}

const smallest = -0x8000000000000000n;
const largest = 0x7fffffffffffffffn;

function numberSearch<Value>(
  patterns: readonly Pattern<Value>[],
  dotted: boolean,
): (sample: Sample) => Value | undefined {
  const ranges = patterns.map(({ text, value }): Range<Value> => {
    const [, operator = "eq", word = ""] = /^(?:(eq|ge|gt|le|lt) )?(.*)$/.exec(text) ?? [];
    const { from, to } = readRange(word, operator, dotted);
    return { from, to, least: Number(from), most: Number(to), value };
  });
  if (ranges.length > 8 && ranges.every((one) => one.from === one.to)) {
    const values = new Map(ranges.toReversed().map((one) => [one.from, one.value]));
    return (sample) => {
      const integer = integerOf(sample);
      return integer === undefined ? undefined : values.get(integer.value);
    };
  }
  return (sample) => {
    const integer = integerOf(sample);
    if (integer === undefined) return undefined;
    const { number } = integer;
    for (const { from, to, least, most, value } of ranges) {
      // Rounded as the ends may be, no number lies between them and what they were.
      const isIn =
        number === undefined ? integer.value >= from && integer.value <= to : number >= least && number <= most;
      if (isIn) return value;
    }
    return undefined;
  };
}

function integerOf(sample: Sample): IntegerSample | undefined {
  const integer = sample.type === "sint" ? sample : cast(sample, "sint");
  return integer?.type === "sint" ? integer : undefined;
}

/** `5`, `5:9`, `:9`, `5:`, turned by an operator; an operator looks at one end of a range only. */
function readRange(word: string, operator: string, dotted: boolean): { readonly from: bigint; readonly to: bigint } {
  const [first = "", second] = word.split(":");
  const read = dotted ? dottedNumber : leadingInteger;
  const low = first === "" ? smallest : read(first);
  const high = second === undefined ? low : second === "" ? largest : read(second);
  switch (operator) {
    case "ge":
      return { from: low, to: largest };
    case "gt":
      return { from: low + 1n, to: largest };
    case "le":
      return { from: smallest, to: high };
    case "lt":
      return { from: smallest, to: high - 1n };
    default:
      return { from: low, to: high };
  }
}

/** `3.1` as TLS counts versions: 3 in the upper, 1 in the lower 16 bits. */
function dottedNumber(text: string): bigint {
  const [major = "", minor = "0"] = text.split(".");
  return (leadingInteger(major) << 16n) + leadingInteger(minor);
}

function binarySearch<Value>(patterns: readonly Pattern<Value>[]): (sample: Sample) => Value | undefined {
  const values = firstOfEach(patterns.map(({ text, value }) => ({ text: text.toLowerCase(), value })));
  return (sample) => {
    const bytes = cast(sample, "bin");
    if (bytes?.type !== "bin") return undefined;
    return values.get(Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.length).toString("hex"));
  };
}

function firstOfEach<Value>(patterns: readonly Pattern<Value>[]): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { text, value } of patterns) if (!values.has(text)) values.set(text, value);
  return values;
}

function textSearch<Value>(
  find: (text: string) => Value | undefined,
  ignoreCase: boolean,
): (sample: Sample) => Value | undefined {
  return (sample) => {
    const text = sample.type === "str" ? sample : cast(sample, "str");
    if (text?.type !== "str") return undefined;
    return find(ignoreCase ? lowerCase(text.value) : text.value);
  };
}

/** Letters of ASCII only: the rest are bytes of who knows what encoding. */
function lowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (run) => run.toLowerCase()) : text;
}

function compileTextSearch<Value>(
  match: "str" | "beg" | "end" | "sub" | "dir" | "dom" | "reg",
  written: readonly Pattern<Value>[],
  ignoreCase: boolean,
): (text: string) => Value | undefined {
  if (match === "reg") {
    const list = written.map(({ text, value }) => ({ regex: compileRegex(text, { ignoreCase }), value }));
    return (text) => list.find((one) => one.regex.test(text))?.value;
  }
  const patterns = ignoreCase ? written.map(({ text, value }) => ({ text: lowerCase(text), value })) : written;
  switch (match) {
    case "str": {
      const values = firstOfEach(patterns);
      return (text) => values.get(text);
    }
    case "beg":
      return byLength(patterns, (text, length) => text.slice(0, length));
    case "end":
      return byLength(patterns, (text, length) => text.slice(text.length - length));
    case "sub":
      return (text) => patterns.find((one) => text.includes(one.text))?.value;
    default: {
      const delimiters = match === "dir" ? "/?" : "/?.:";
      const list = patterns.map(({ text, value }) => ({ word: trimmed(text, delimiters), value }));
      return (text) => list.find((one) => hasWord(text, one.word, delimiters))?.value;
    }
  }
}

/** A search of the longest pattern that is a part of the text: one look into a map per length that occurs. */
function byLength<Value>(
  patterns: readonly Pattern<Value>[],
  part: (text: string, length: number) => string,
): (text: string) => Value | undefined {
  const values = firstOfEach(patterns);
  const lengths = [...new Set(patterns.map((one) => one.text.length))].sort((left, right) => right - left);
  return (text) => {
    for (const length of lengths) {
      if (length > text.length) continue;
      const value = values.get(part(text, length));
      if (value !== undefined) return value;
    }
    return undefined;
  };
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
    if (at >= text.length) return false;
  }
  return false;
}
