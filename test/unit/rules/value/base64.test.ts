/** base64 as strictly as HAProxy reads it. */
import { expect, test } from "bun:test";
import { fromBase64, fromBase64Url, isBase64 } from "../../../../src/rules/value/base64.ts";

const shown = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");

test.each([
  ["", "", ""],
  ["YQ==", "a", "a"],
  ["YWI=", "ab", "ab"],
  ["YWJj", "abc", "abc"],
  ["YQ", undefined, "a"],
  ["YWI", undefined, "ab"],
  ["YQ=", undefined, undefined],
  ["Y", undefined, undefined],
  ["-_8=", undefined, "\u00fb\u00ff"],
  ["+/8=", "\u00fb\u00ff", undefined],
  ["YW\nI=", undefined, undefined],
])("%p", (text, bytes, urlBytes) => {
  expect([shown(fromBase64(text)), shown(fromBase64Url(text)), isBase64(text)]).toEqual([
    bytes,
    urlBytes,
    bytes !== undefined,
  ]);
});
