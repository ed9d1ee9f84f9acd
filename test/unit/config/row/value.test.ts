/** Times, sizes and numbers, and where a wrong word is pointed at. */
import { describe, expect, test } from "bun:test";
import { Complaint } from "../../../../src/config/text/complaint.ts";
import type { Word } from "../../../../src/config/text/statement.ts";
import {
  badNameCharacter,
  integer,
  looseTime,
  readSize,
  readTime,
  readWords,
  text,
  words,
} from "../../../../src/config/row/value.ts";

const toWords = (...texts: string[]): Word[] =>
  texts.map((one, index) => ({ text: one, column: 10 * (index + 1), length: one.length, quoted: false }));

describe("readTime", () => {
  test.each([
    ["0", 0],
    ["5", 5],
    ["5s", 5000],
    ["5ms", 5],
    ["1us", 1],
    ["1500us", 2],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["2147483647", 2_147_483_647],
    ["1hour", 3_600_000],
  ])("%s", (word, ms) => expect(readTime(word)).toBe(ms));

  test.each([
    ["x", "x"],
    ["5x", "x"],
    ["1w", "w"],
    ["-1", "-"],
    ["", ""],
  ])("%s is refused at its character", (word, character) =>
    expect(readTime(word)).toEqual({ kind: "character", character }),
  );

  test("24.8 days is the most", () => expect(readTime("2147483648")).toEqual({ kind: "overflow" }));
  test("seconds as the unit", () => expect(readTime("5", "s")).toBe(5000));
  test("letters after a unit are found", () => {
    expect(looseTime("1hour")).toBe("o");
    expect(looseTime("1h")).toBeNull();
    expect(looseTime("100ms")).toBeNull();
  });
});

test("sizes take k, m and g in either case", () => {
  expect(["10", "1k", "1M", "2g", "x", "1kb"].map(readSize)).toEqual([10, 1024, 1_048_576, 2_147_483_648, null, null]);
});

test("names may have letters, digits and four signs", () => {
  expect(badNameCharacter("a-B_3.c:9")).toBeNull();
  expect(badNameCharacter("fe$ssh")).toBe("$");
});

describe("readWords", () => {
  const schema = words("keyword", [text("no name"), integer({ name: "keyword", missing: "no number" })]);
  const complaintOf = (...texts: string[]): { message: string; column: number | null } => {
    try {
      readWords(schema, toWords(...texts), null);
    } catch (error) {
      if (error instanceof Complaint) return { message: error.message, column: error.word?.column ?? null };
      throw error;
    }
    throw new Error("nothing was wrong");
  };

  test("values come out typed", () => expect(readWords(schema, toWords("a", "5"), null)).toEqual(["a", 5]));
  test("a wrong word is blamed", () =>
    expect(complaintOf("a", "many")).toEqual({
      message: "cannot parse 'keyword' value 'many', an integer is expected.",
      column: 20,
    }));
  test("a missing word blames nothing but the keyword", () =>
    expect(complaintOf("a")).toEqual({ message: "no number", column: null }));
  test("a word too many is blamed first", () =>
    expect(complaintOf("a", "many", "more")).toEqual({
      message: "'keyword' cannot handle unexpected argument 'more'.",
      column: 30,
    }));
});
