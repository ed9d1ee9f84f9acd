/** Text in JSON strings. */
import { expect, test } from "bun:test";
import { escapeJson, quoteJson } from "../../../../src/rules/value/json-text.ts";

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test.each([
  ["ascii", 'a"\\/\n\u0001', String.raw`a\"\\\/\n\u0001`],
  ["ascii", "\u00e9", String.raw`\u00e9`],
  ["utf8", latin1("é€"), String.raw`\u00e9\u20ac`],
  ["utf8", "a\u00e9b", undefined],
  ["utf8s", "a\u00e9b", "ab"],
  ["utf8", latin1("😀"), undefined],
  ["utf8", "\u00c0\u00af", undefined],
  ["utf8p", "\u00c0\u00af", String.raw`\/`],
  ["utf8ps", "\u00c0\u00afx\u00ff", String.raw`\/x`],
  ["utf8", "\u00ed\u00a0\u0080", undefined],
])("%s %p", (encoding, text, escaped) => expect(escapeJson(text, encoding)).toBe(escaped));

test.each([
  ["plain", '"plain"'],
  ['a"/b', String.raw`"a\"/b"`],
  [latin1("é"), `"${latin1("é")}"`],
  ["\u00e9", String.raw`"\u00e9"`],
  ["\u007f\n", String.raw`"\u007f\n"`],
])("%p in quotes", (text, quoted) => expect(quoteJson(text)).toBe(quoted));
