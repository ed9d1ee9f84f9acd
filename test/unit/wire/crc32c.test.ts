/** The checksum of PROXY headers, by the examples of RFC 3720 (appendix B.4) and the usual one. */
import { expect, test } from "bun:test";
import { crc32c } from "../../../src/wire/crc32c.ts";

const bytes = (at: (index: number) => number): Uint8Array => Uint8Array.from({ length: 32 }, (_, index) => at(index));

test.each([
  ["nothing", new Uint8Array(0), 0],
  ["the nine digits", Buffer.from("123456789"), 0xe3069283],
  ["zeros", bytes(() => 0), 0x8a9136aa],
  ["ones", bytes(() => 0xff), 0x62a8ab43],
  ["counting up", bytes((index) => index), 0x46dd794e],
  ["counting down", bytes((index) => 31 - index), 0x113fdb5c],
])("%s", (_name, data, sum) => expect(crc32c(data)).toBe(sum));
