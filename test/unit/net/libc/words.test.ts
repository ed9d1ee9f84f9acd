import { expect, test } from "bun:test";
import { writeAddress } from "../../../../src/net/libc/words.ts";

test("an address is written as the kernel reads it, in words of either kind", () => {
  for (const address of [1, 0x7fff_ffff, 0x8000_0001, 0xffff_ffff, 0x7f12_ffff_fff8, 2 ** 52 + 2 ** 31]) {
    for (const words of [new Uint32Array(4), new Int32Array(4)]) {
      writeAddress(words, 2, address);
      expect([...new BigUint64Array(words.buffer)]).toEqual([0n, BigInt(address)]);
    }
  }
});
