/** The contract suite for node:net, on the runtimes that the transport is for. */
import { expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { deafListener } from "./kernel.ts";
import { commandPath, waitingTestWith } from "../e2e/harness.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** What takes the place of what only Bun has. */
const replaced: Record<string, string> = {
  "bun:test": "standalone-test.ts",
  "./peer-socket.ts": "peer-socket-node.ts",
  "./kernel.ts": "kernel-node.ts",
};

async function bundle(folder: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "node-suite.ts")],
    target: "node",
    outdir: folder,
    naming: "suite.mjs",
    plugins: [
      {
        name: "without Bun",
        setup(build) {
          build.onResolve({ filter: /^(bun:test|\.\/peer-socket\.ts|\.\/kernel\.ts)$/ }, ({ path }) => ({
            path: join(import.meta.dir, replaced[path] ?? path),
          }));
        },
      },
    ],
  });
  expect(built.logs).toEqual([]);
  return join(folder, "suite.mjs");
}

async function suite(command: readonly string[]): Promise<void> {
  const folder = mkdtempSync("/tmp/fairlead-contract-");
  using deaf = deafListener();
  const port = deaf.address.kind === "tcp" ? deaf.address.port : 0;
  try {
    const child = Bun.spawn([...command, await bundle(folder)], {
      env: { ...process.env, CONTRACT_DEAF_PORT: String(port), DENO_NO_UPDATE_CHECK: "1" },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const wrong = stdout.split("\n").filter((line) => !/^(?:pass|skip) |: SEED=\d+$/.test(line));
    expect({ code, wrong: wrong.slice(0, -2), stderr }).toEqual({ code: 0, wrong: [], stderr: "" });
    console.log(`${command[0]}: ${wrong.at(-2)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

waitingTestWith(["node"], "the contract suite on Node", () => suite([commandPath("node")]), 180_000);

const deno = join(import.meta.dir, "../../node_modules/.bin/deno");
waitingTestWith([], "the contract suite on Deno", () => suite([deno, "run", "-A"]), 180_000);
