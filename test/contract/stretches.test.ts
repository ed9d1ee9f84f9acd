/** Stretches and moments, every scene with every end, through all that may move them. `make soak` plays each in all surroundings. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { descriptorCount } from "./kernel.ts";
import { movers, splicedSince, surroundings } from "./movers.ts";
import { descriptorsBackTo } from "./stage.ts";
import { everyExchange, playAll } from "./stretches.ts";

setDefaultTimeout(600_000);

const isSoak = process.env["SOAK"] === "1";

if (process.platform === "linux" && canCallLibc()) {
  let descriptors = 0;
  beforeEach(() => void (descriptors = descriptorCount()));
  afterEach(() => descriptorsBackTo(descriptors));

  for (const [index, { transport, mark }] of (await movers()).entries())
    describe(transport.name, () => {
      // With soak each in all surroundings; else a quarter of them, by turns.
      const all = everyExchange(mark).filter((_, at) => isSoak || at % 4 === index % 4);
      for (const some of isSoak ? surroundings.map((one) => [one]) : [surroundings])
        test(`${all.length} exchanges, ${some.map(({ name }) => name).join("; ")}`, async () => {
          const before = transport.splicing?.();
          await playAll(transport, all, some);
          if (before !== undefined) expect(splicedSince(before, transport)).toBeGreaterThan(mark);
        });
    });
} else console.warn("SKIPPED: what moves bytes on Linux needs Linux and FFI");
