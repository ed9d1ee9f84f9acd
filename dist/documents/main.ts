/** Writes the manual pages and completions into the given folder: `bun dist/documents/main.ts FOLDER`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commandManual } from "./command-manual.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completion.ts";
import { configurationManual } from "./configuration-manual.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("where to?");

const documents: Record<string, string> = {
  "man/fairlead.1": await commandManual(),
  "man/fairlead.cfg.5": configurationManual(),
  "completion/fairlead.bash": bashCompletion(),
  "completion/_fairlead": zshCompletion(),
  "completion/fairlead.fish": fishCompletion(),
};

for (const [name, text] of Object.entries(documents)) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
