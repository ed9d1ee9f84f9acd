/** Brings Bun for another system: the npm package that the lock file names, held against the lock file's own checksum. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

/** The path of Bun's executable for `target` (`linux-arm64-musl`), fetched into `folder` unless it is there. */
export function runtimeFor(target: string, lock: LockFile, folder: string): string {
  const name = `@oven/bun-${target.replace("arm64", "aarch64")}`;
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json does not know ${name}`);
  const place = join(folder, `${target}-${locked.version}`);
  const executable = join(place, "package/bin/bun");
  if (existsSync(executable)) return executable;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, "fetch-"));
  try {
    const words = ["pack", "--silent", "--pack-destination", scratch, `${name}@${locked.version}`];
    const packed = join(scratch, execFileSync("npm", words, { encoding: "utf8" }).trim());
    const sum = `sha512-${createHash("sha512").update(readFileSync(packed)).digest("base64")}`;
    if (sum !== locked.integrity) throw new Error(`${name} is not what package-lock.json says: ${sum}`);
    execFileSync("tar", ["-xzf", packed, "-C", scratch]);
    rmSync(packed);
    rmSync(place, { recursive: true, force: true });
    renameSync(scratch, place);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return executable;
}
