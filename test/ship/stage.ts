/** Installing into a folder of its own, as packagers do, and what the tests of the shipped files share. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { commandPath, must } from "../e2e/harness.ts";

/** The checkout's root. */
export const root = join(import.meta.dir, "../..");

/** The files that are tracked for shipping. */
export const shipped = join(root, "dist");

/** Runs one of the two targets with these variables. The program is named, so that nothing is built meanwhile. */
export function make(tool: "make" | "bmake", target: string, variables: Record<string, string>): Promise<string> {
  const words = Object.entries({ PROGRAM: join(shipped, "bin/fairlead"), ...variables });
  return must([commandPath(tool), target, ...words.map(([name, value]) => `${name}=${value}`)], { cwd: root });
}

/** Every file, link and socket below a folder, sorted; folders are left out. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();
}
