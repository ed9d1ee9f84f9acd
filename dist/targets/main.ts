/**
 * Builds the program for every target: `main.ts FLAGS… ENTRIES…`, with the flags and entries of `bun build`.
 *
 * TARGETS=linux-x64,freebsd-arm64 builds only those. Writes dist/bin/fairlead-TARGET and SHA256SUMS over what is there.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtimeFor } from "./runtime.ts";
import { targets } from "./targets.ts";

const root = join(import.meta.dir, "../..");
const out = join(root, "dist/bin");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const words = process.argv.slice(2);
const wanted = process.env["TARGETS"]?.split(",") ?? targets;
for (const target of wanted) {
  if (!targets.includes(target)) throw new Error(`there is no target ${target}: ${targets.join(", ")}`);
  const runtime = runtimeFor(target, lock, join(out, ".runtimes"));
  const outfile = join(out, `fairlead-${target}`);
  const build = ["build", ...words, `--target=bun-${target}`, `--compile-executable-path=${runtime}`];
  execFileSync(process.execPath, [...build, "--outfile", outfile], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  console.log(`dist/bin/fairlead-${target}  ${(readFileSync(outfile).length / 1e6).toFixed(1)} MB`);
}

const names = [...targets.map((target) => `fairlead-${target}`), "fairlead.mjs"].toSorted();
const sums = names
  .filter((name) => existsSync(join(out, name)))
  .map(
    (name) =>
      `${createHash("sha256")
        .update(readFileSync(join(out, name)))
        .digest("hex")}  ${name}\n`,
  );
writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
