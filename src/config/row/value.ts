/** Values that words stand for, as valibot schemas: numbers, times, sizes, names. Messages are HAProxy's. */
import * as v from "valibot";
import type { Word } from "../text/statement.ts";
import { Complaint } from "../text/complaint.ts";
import { wordTable } from "../../word-table.ts";

/** A schema that reads one word. */
export type WordSchema = v.GenericSchema<string | undefined, unknown>;

/** A schema that reads the words after a keyword. */
export type WordsSchema = v.GenericSchema<string[], unknown>;

/** Longest time: HAProxy keeps times in 31 bits of milliseconds. */
const maxTimeMs = 2_147_483_647;

/** What went wrong with a time: a character that does not belong, or too large a value. */
export type TimeFault = { readonly kind: "character"; readonly character: string } | { readonly kind: "overflow" };

const unitMs = wordTable<number>({ us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 });

/**
 * Reads a time: digits and one of the units us, ms, s, m, h, d (manual, 2.5), in ms or in `unit` when there is none.
 *
 * Fractions of a millisecond are rounded up, so that a short time never becomes "no limit". Letters after the unit are
 * let pass, as HAProxy does; `looseTime` finds them.
 */
export function readTime(text: string, unit: "ms" | "s" = "ms"): number | TimeFault {
  const match = /^(\d*)(us|ms|[smhd])?/.exec(text);
  const digits = match?.[1] ?? "";
  const rest = text.slice(digits.length);
  if (digits === "" || (rest !== "" && match?.[2] === undefined)) {
    return { kind: "character", character: rest[0] ?? "" };
  }
  const ms = Math.ceil(Number(digits) * (unitMs.get(match?.[2] ?? unit) ?? 1));
  return ms > maxTimeMs ? { kind: "overflow" } : ms;
}

/** The same in whole seconds, which HAProxy lets reach 68 years. */
export function readSeconds(text: string): number | TimeFault {
  const match = /^(\d*)(us|ms|[smhd])?/.exec(text);
  const digits = match?.[1] ?? "";
  const rest = text.slice(digits.length);
  if (digits === "" || (rest !== "" && match?.[2] === undefined))
    return { kind: "character", character: rest[0] ?? "" };
  const seconds = Math.ceil((Number(digits) * (unitMs.get(match?.[2] ?? "s") ?? 1)) / 1000);
  return seconds > maxTimeMs ? { kind: "overflow" } : seconds;
}

/** The first letter after a complete unit (`1hour`: "o"), which HAProxy only warns about; null when there is none. */
export function looseTime(text: string): string | null {
  return /^\d+(?:us|ms|m(?!s)|[shd])(.)/.exec(text)?.[1] ?? null;
}

/** Reads a size: digits and k, m or g in either case. Null when it is none. */
export function readSize(text: string): number | null {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  if (match === null) return null;
  const power = ["", "k", "m", "g"].indexOf((match[2] ?? "").toLowerCase());
  return Number(match[1]) * 1024 ** power;
}

/** A word that must be there and not be empty. */
export function text(missing: string): v.GenericSchema<string | undefined, string> {
  return v.pipe(v.optional(v.string(), ""), v.nonEmpty(missing));
}

/** A word that may be left out; "" stands for that. */
export function maybeText(): v.GenericSchema<string | undefined, string> {
  return v.optional(v.string(), "");
}

/** A whole number in decimal, within 32 bits; null where the word is none. */
export function readInteger(text: string): number | null {
  if (!/^\s*[-+]?\d+$/.test(text)) return null;
  return Math.max(-maxTimeMs - 1, Math.min(maxTimeMs, Number(text)));
}

/** How a number is called and bounded. A bound's message gets the number as read. */
export interface IntegerRule {
  /** As messages name it: the keyword. */
  readonly name: string;
  readonly missing: string;
  readonly min?: { readonly value: number; readonly message: (value: number) => string };
  readonly max?: { readonly value: number; readonly message: (value: number) => string };
  /** Overrides the message for a word that is no number. */
  readonly unreadable?: (text: string) => string;
}

/**
 * A whole number in decimal.
 *
 * HAProxy 2.6 takes what `atol` makes of any word (`many` is 0); its later versions refuse such words, and so do we.
 */
export function integer(rule: IntegerRule): v.GenericSchema<string | undefined, number> {
  const unreadable =
    rule.unreadable ?? ((word: string) => `cannot parse '${rule.name}' value '${word}', an integer is expected.`);
  return v.pipe(
    text(rule.missing),
    v.regex(/^\s*[-+]?\d+$/, (issue) => unreadable(String(issue.input))),
    v.transform((word) => Math.max(-maxTimeMs - 1, Math.min(maxTimeMs, Number(word)))),
    v.check(
      (value) => rule.min === undefined || value >= rule.min.value,
      (issue) => rule.min?.message(issue.input) ?? "",
    ),
    v.check(
      (value) => rule.max === undefined || value <= rule.max.value,
      (issue) => rule.max?.message(issue.input) ?? "",
    ),
  );
}

/** A size in bytes; `k`, `m` and `g` multiply by 1024. */
export function size(
  missing: string,
  unreadable: (word: string) => string,
): v.GenericSchema<string | undefined, number> {
  return v.pipe(
    text(missing),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const bytes = readSize(dataset.value);
      if (bytes !== null && bytes <= 0xffffffff) return bytes;
      addIssue({ message: unreadable(dataset.value) });
      return NEVER;
    }),
  );
}

/** What to say of a time that is missing or wrong. */
export interface TimeMessages {
  readonly missing: string;
  readonly fault: (fault: TimeFault, text: string) => string;
  readonly unit?: "ms" | "s";
  /** Smallest value that is accepted. */
  readonly min?: { readonly value: number; readonly message: string };
}

/** A time in ms. */
export function time(messages: TimeMessages): v.GenericSchema<string | undefined, number> {
  return v.pipe(
    text(messages.missing),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = readTime(dataset.value, messages.unit);
      if (typeof value === "number") {
        if (messages.min === undefined || value >= messages.min.value) return value;
        addIssue({ message: messages.min.message });
        return NEVER;
      }
      addIssue({ message: messages.fault(value, dataset.value) });
      return NEVER;
    }),
  );
}

/** Messages of the keywords that say `unexpected character 'x' in argument to <hold>`. */
export function timeOf(name: string, missing: string, end = ""): TimeMessages {
  return {
    missing,
    fault: (fault, word) =>
      fault.kind === "character"
        ? `unexpected character '${fault.character}' in argument to <${name}>.${end}`
        : overflow(word, name),
  };
}

/** HAProxy's words for a time beyond 24.8 days. */
export function overflow(word: string, name: string): string {
  return `timer overflow in argument '${word}' to '${name}' (maximum value is ${maxTimeMs} ms or ~24.8 days)`;
}

/** One of several words. */
export function choice<const Words extends readonly string[]>(
  words: Words,
  message: (word: string) => string,
): v.GenericSchema<string | undefined, Words[number]> {
  return v.pipe(
    v.optional(v.string(), ""),
    v.check(
      (word) => words.includes(word),
      (issue) => message(issue.input),
    ),
    v.transform((word): Words[number] => word),
  );
}

/**
 * The words after a keyword, one schema each. Further words are refused in HAProxy's way, or taken without a meaning.
 */
export function words<const Items extends readonly WordSchema[]>(
  keyword: string,
  items: Items,
  extra: "refuse" | "ignore" = "refuse",
): v.GenericSchema<string[], { -readonly [Key in keyof Items]: v.InferOutput<Items[Key]> }> {
  const tuple = v.pipe(
    v.array(v.string()),
    v.rawCheck(({ dataset, addIssue }) => {
      if (extra === "ignore" || !dataset.typed || dataset.value.length <= items.length) return;
      const key = items.length;
      const value = dataset.value[key] ?? "";
      addIssue({
        message: `'${keyword}' cannot handle unexpected argument '${value}'.`,
        path: [{ type: "array", origin: "value", input: dataset.value, key, value }],
      });
    }),
    v.looseTuple(items as unknown as readonly []) as unknown as v.GenericSchema<string[], unknown[]>,
  );
  return tuple as unknown as v.GenericSchema<string[], { -readonly [Key in keyof Items]: v.InferOutput<Items[Key]> }>;
}

/** Words that are taken as they come. */
export function anyWords(): v.GenericSchema<string[], string[]> {
  return v.array(v.string());
}

/** Reads words by a schema. The first thing wrong is thrown as a Complaint about the word it concerns. */
export function readWords<Schema extends WordsSchema>(
  schema: Schema,
  list: readonly Word[],
  keyword: Word | null,
): v.InferOutput<Schema> {
  const result = v.safeParse(
    schema,
    list.map((word) => word.text),
    { abortEarly: true, abortPipeEarly: true },
  );
  if (result.success) return result.output;
  const issue = result.issues[0];
  const key = issue.path?.[0]?.key;
  throw new Complaint(issue.message, (typeof key === "number" ? list[key] : null) ?? keyword);
}

/** The first character that a section's or server's name may not have, or null. Letters, digits and `-_.:` may stand in names. */
export function badNameCharacter(name: string): string | null {
  return /[^A-Za-z0-9\-_.:]/.exec(name)?.[0] ?? null;
}

/** Names written with spaces between them. */
export function wordList(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
