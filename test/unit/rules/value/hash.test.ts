/** Hashes of known texts: their authors' test values, and what their definitions come to. */
import { expect, test } from "bun:test";
import { avalanche, crc32, djb2, sdbm, wt6, xxh32, xxh64 } from "../../../../src/rules/value/hash.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const long = "The quick brown fox jumps over the lazy dog";

test.each<[string, number | bigint, number | bigint]>([
  ["crc32", crc32(bytes("123456789")), 0xcbf43926],
  ["djb2 of nothing", djb2(bytes("")), 5381],
  ["djb2", djb2(bytes("ab")), (5381 * 33 + 97) * 33 + 98],
  ["sdbm", sdbm(bytes("ab")), 97 * 65599 + 98],
  ["xxh32 of nothing", xxh32(bytes("")), 0x02cc5d05],
  ["xxh32", xxh32(bytes("abc")), 0x32d153ff],
  ["xxh32 in lanes", xxh32(bytes(long)), 0xe85ea4de],
  ["xxh64 of nothing", xxh64(bytes("")), 0xef46db3751d8e999n],
  ["xxh64", xxh64(bytes("abc")), 0x44bc2cf5ad770999n],
  ["xxh64 in lanes", xxh64(bytes(long)), 0x0b242d361fda71bcn],
])("%s", (_name, got, expected) => expect(got).toBe(expected));

test("all are unsigned, and the avalanche tells neighbours apart", () => {
  for (const hash of [sdbm, djb2, wt6, crc32]) {
    const values = Array.from({ length: 64 }, (_, index) => hash(bytes(`key${index}`)));
    expect(values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
    expect(new Set(values).size).toBe(64);
  }
  const spread = Array.from({ length: 64 }, (_, index) => avalanche(index) >>> 24);
  expect(new Set(spread).size).toBeGreaterThan(32);
});
