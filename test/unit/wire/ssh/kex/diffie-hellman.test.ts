/** The groups that names of methods stand for; what is exchanged in them stands with the other methods. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type FixedGroup, fixedPrime } from "../../../../../src/wire/ssh/kex/diffie-hellman.ts";

test("primes are those of the RFCs", () => {
  const digests = (["group1", "group14", "group16", "group18"] as const).map((group: FixedGroup) =>
    createHash("sha256")
      .update(Buffer.from(fixedPrime(group).toString(16), "hex"))
      .digest("hex"),
  );
  // Of what OpenSSL has as modp2, modp14, modp16 and modp18.
  expect(digests).toEqual([
    "3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0",
    "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e",
    "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33",
    "39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf",
  ]);
});
