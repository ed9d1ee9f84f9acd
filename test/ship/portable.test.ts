/** The program for Node and Deno asks for nothing that only Bun has. */
import { expect, test } from "bun:test";
import { join } from "node:path";

test("no module of Bun's is in it", async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "../../src/main.ts")],
    target: "node",
    minify: true,
    define: { "process.versions.bun": "undefined" },
  });
  expect(built.outputs).toHaveLength(1);
  const text = (await built.outputs[0]?.text()) ?? "";
  expect(text.length).toBeGreaterThan(100_000);
  expect(text.match(/.{0,80}(?:from|import\()\s*"bun(?::\w+)?"/g)).toBeNull();
}, 60_000);
