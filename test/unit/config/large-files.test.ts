/** Large files: what reading, checking and handing on costs grows with their size, and not with its square. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Diagnostics, formatDiagnostics } from "../../../src/config/text/diagnostics.ts";
import { tellOfLoops } from "../../../src/config/finish/loops.ts";
import { resolveNames } from "../../../src/config/finish/first-names.ts";
import { openPlanBuilder, planPieces } from "../../../src/service/loading/plan-pieces.ts";
import { readText } from "../../cases/case.ts";
import { type LargeFile, largeFiles } from "../../large-files.ts";
import { visitsOf } from "../../visits.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const few = 250;

/** Everything from a text to the Plan at the other end of the loading thread. */
async function load({ text, files }: LargeFile): Promise<Diagnostics> {
  const { plan, diagnostics } = readText(text, files);
  const resolved = plan === null ? null : await resolveNames(plan, diagnostics, () => Promise.resolve(["127.0.0.1"]));
  if (resolved !== null) {
    tellOfLoops(resolved, diagnostics, "notice", () => [], new Set());
    const builder = openPlanBuilder();
    for (const piece of planPieces(resolved)) builder.add(piece);
    builder.finish();
  }
  formatDiagnostics(diagnostics.all, 0);
  return diagnostics;
}

// What is counted takes its time where others are busy: nothing here is about time.
for (const [name, make] of Object.entries(largeFiles)) {
  test(`four times as many: ${name}`, async () => {
    const { all } = await load(make(few)); // what is made once is made
    const isWrong = name.startsWith("wrong ");
    expect(isWrong ? all.length >= few - 1 : all.length === 0, JSON.stringify(all[0])).toBe(true);
    const [once, fourfold] = [make(few), make(4 * few)];
    const visits = await visitsOf(() => load(once));
    expect(visits).toBeGreaterThan(few / 4);
    expect((await visitsOf(() => load(fourfold))) / visits).toBeLessThan(4.5);
  }, 60_000);
}
