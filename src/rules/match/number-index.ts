/** Numbers and ranges of them as patterns: `5`, `5:9`, `gt 3`. */
import { Buckets, type Referenced } from "./buckets.ts";
import { type IntegerSample, type Sample, cast, leadingInteger } from "../value/sample.ts";

interface Range {
  readonly from: bigint;
  readonly to: bigint;
  /** The same as numbers, for samples that are numbers. */
  readonly least: number;
  readonly most: number;
}

const smallest = -0x8000000000000000n;
const largest = 0x7fffffffffffffffn;
const largestSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Single numbers are found by hash, ranges tried in order; of all that hold a number the first is found. */
export class NumberIndex<Entry extends Referenced> {
  readonly #isDotted: boolean;
  /** Single numbers that a `number` tells exactly. */
  readonly #single = new Buckets<number, Entry>();
  readonly #ranges = new Map<number, { readonly ranges: readonly Range[]; readonly entry: Entry }>();

  /** `isDotted`: versions as TLS counts them, `3.1`. */
  constructor(isDotted: boolean) {
    this.#isDotted = isDotted;
  }

  put(text: string, entry: Entry): void {
    const range = readRange(text, this.#isDotted);
    if (isSingle(range)) return void this.#single.put(range.least, entry);
    const before = this.#ranges.get(entry.reference)?.ranges ?? [];
    const isKnown = before.some(({ from, to }) => from === range.from && to === range.to);
    this.#ranges.set(entry.reference, { ranges: isKnown ? before : [...before, range], entry });
  }

  remove(text: string, entry: Entry): void {
    const range = readRange(text, this.#isDotted);
    if (isSingle(range)) this.#single.remove(range.least, entry);
    else this.#ranges.delete(entry.reference);
  }

  find(sample: Sample): Entry | undefined {
    const integer = sample.type === "sint" ? sample : cast(sample, "sint");
    if (integer?.type !== "sint") return undefined;
    const single = this.#single.size === 0 ? undefined : this.#single.first(exactly(integer));
    for (const { ranges, entry } of this.#ranges.values()) {
      if (single !== undefined && single.reference < entry.reference) return single;
      for (const range of ranges) if (isWithin(integer, range)) return entry;
    }
    return single;
  }
}

function isSingle({ from, to }: Range): boolean {
  return from === to && from <= largestSafe && from >= -largestSafe;
}

/** NaN for what a number cannot tell exactly, which no single one is. */
function exactly({ number, value }: IntegerSample): number {
  return number ?? (value <= largestSafe && value >= -largestSafe ? Number(value) : Number.NaN);
}

/** Rounded as the ends may be, no number lies between them and what they were. */
function isWithin({ number, value }: IntegerSample, { from, to, least, most }: Range): boolean {
  return number === undefined ? value >= from && value <= to : number >= least && number <= most;
}

function readRange(text: string, isDotted: boolean): Range {
  const [, operator = "eq", word = ""] = /^(?:(eq|ge|gt|le|lt) )?(.*)$/.exec(text) ?? [];
  const { from, to } = ends(word, operator, isDotted);
  return { from, to, least: Number(from), most: Number(to) };
}

/** `5`, `5:9`, `:9`, `5:`, turned by an operator; an operator looks at one end of a range only. */
function ends(word: string, operator: string, isDotted: boolean): { readonly from: bigint; readonly to: bigint } {
  const [first = "", second] = word.split(":");
  const read = isDotted ? dottedNumber : leadingInteger;
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
