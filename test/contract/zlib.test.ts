/** What compression has below node:zlib, on the other runtimes that the portable program is for; the unit tests are on Bun. */
import { expect } from "bun:test";
import { join } from "node:path";
import { commandPath, must, scratch, waitingTestWith } from "../e2e/harness.ts";

async function said(command: readonly string[]): Promise<string> {
  using folder = scratch();
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "zlib-suite.ts")],
    target: "node",
    outdir: folder.path,
    naming: "suite.mjs",
  });
  expect(built.logs).toEqual([]);
  return await must([...command, folder.file("suite.mjs")]);
}

const deno = join(import.meta.dir, "../../node_modules/.bin/deno");

waitingTestWith(
  ["node"],
  "zlib on Node",
  async () => expect(await said([commandPath("node")])).toBe("sound\n"),
  60_000,
);
waitingTestWith([], "zlib on Deno", async () => expect(await said([deno, "run", "-A"])).toBe("sound\n"), 60_000);
