/** Files that cannot be a configuration are told from those that are a wrong one. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { loadFiles } from "../../../../src/config/text/files.ts";

function load(...paths: string[]): { names: string[] | null; told: string } {
  const diagnostics = new Diagnostics();
  const files = loadFiles(paths, diagnostics);
  return { names: files?.map(({ name }) => name) ?? null, told: JSON.stringify(diagnostics.all) };
}

test("UTF-16 and folders without a *.cfg get a message that helps", () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-files-"));
  try {
    for (const [name, encoding, mark] of [
      ["marked", "utf16le", "\ufeff"],
      ["plain", "utf16le", ""],
    ] as const) {
      writeFileSync(join(folder, name), `${mark}global\n`, encoding);
      const { names, told } = load(join(folder, name));
      expect(names).toBeNull();
      expect(told).toContain("iconv -f UTF-16");
    }
    mkdirSync(join(folder, "empty"));
    const empty = load(join(folder, "empty"));
    expect(empty.names).toBeNull();
    expect(empty.told).toContain("No '*.cfg' file in");
    writeFileSync(join(folder, "one.cfg"), "global\n");
    // Another file is enough, as in HAProxy.
    expect(load(join(folder, "empty"), join(folder, "one.cfg")).names).toEqual([join(folder, "one.cfg")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
