/** Stretches, dialogue, pauses and ends as chance has them: whatever moves the bytes they are their owner's, and the end is what it was. `make soak` plays more. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { descriptorCount } from "../contract/kernel.ts";
import { movers, splicedSince, surroundings } from "../contract/movers.ts";
import { descriptorsBackTo } from "../contract/stage.ts";
import { playAll, someExchange } from "../contract/stretches.ts";
import { seededRandom } from "./seed.ts";

setDefaultTimeout(600_000);

const isSoak = process.env["SOAK"] === "1";
const rounds = isSoak ? 40 : 1;

if (process.platform === "linux" && canCallLibc()) {
  let descriptors = 0;
  beforeEach(() => void (descriptors = descriptorCount()));
  afterEach(() => descriptorsBackTo(descriptors));

  for (const { transport, mark } of await movers())
    test(`exchanges as chance has them: ${transport.name}`, async () => {
      const random = seededRandom(`exchanges, ${transport.name}`);
      const sizes = { marks: [mark, 2 * mark, 32 * 1024], most: 4 * 1024 * 1024 };
      const before = transport.splicing?.();
      for (let round = 0; round < rounds; round++) {
        const exchanges = Array.from({ length: 96 }, () => someExchange(random, sizes));
        await playAll(transport, exchanges, surroundings);
      }
      if (before !== undefined) expect(splicedSince(before, transport)).toBeGreaterThan(mark);
    });
} else console.warn("SKIPPED: what moves bytes on Linux needs Linux and FFI");
