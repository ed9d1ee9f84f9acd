/** Keys as they are shown. */
import { expect, test } from "bun:test";
import { shownKey } from "../../../../src/rules/stick/key-text.ts";

test.each([
  [5, false, "5"],
  ["10.0.0.1", false, "10.0.0.1"],
  ["a b=c\\d\n\r\t\u001b", false, String.raw`a\ b\=c\\d\n\r\t\e`],
  ["\0\u007f\u00e9", false, String.raw`\x00\x7F\xE9`],
  ["a\u00ff", true, "61FF"],
] as const)("%p", (key, isBinary, shown) => expect(shownKey(key, isBinary)).toBe(shown));
