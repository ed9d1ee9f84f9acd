/** Finds and loads the configuration files that `-f` names. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostics } from "./diagnostics.ts";
import { fromBytes, toBytes } from "./text-bytes.ts";
import { wordTable } from "../word-table.ts";

/** One file: its name as given after `-f`, and its bytes as latin1 text (one character a byte, so that none is lost). */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Loads files in the order given; a folder stands for its `*.cfg` files, sorted by byte value, hidden ones left out.
 *
 * Null when one cannot be read, with HAProxy's message for it in `diagnostics`. A list that comes out empty (a folder
 * without `*.cfg`) counts in HAProxy as if no file had been named at all: the caller shows its usage.
 */
export function loadFiles(paths: readonly string[], diagnostics: Diagnostics): ConfigurationFile[] | null {
  const files: ConfigurationFile[] = [];
  for (const path of paths) {
    const names = listFiles(path, diagnostics);
    if (names === null) return null;
    for (const name of names) {
      const text = attemptTo(diagnostics, `Could not open configuration file ${name}`, () =>
        readFileSync(name, "latin1"),
      );
      if (text === null) return null;
      files.push({ name: toBytes(name), text });
    }
  }
  return files;
}

function listFiles(path: string, diagnostics: Diagnostics): string[] | null {
  return attemptTo(diagnostics, `Cannot open configuration file/directory ${path}`, () => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith(".cfg") && !name.startsWith("."));
    names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return names.map((name) => join(path, name)).filter((name) => statSync(name).isFile());
  });
}

function attemptTo<T>(diagnostics: Diagnostics, what: string, act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    diagnostics.add({ level: "alert", text: `${what} : ${reason(error)}`, pointer: null, advice: null });
    return null;
  }
}

/** strerror()'s words for the codes that opening a file can give. */
function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons.get(code) ?? (code === "" ? String(error) : code);
}

const reasons = wordTable<string>({
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  EMFILE: "Too many open files",
  EIO: "Input/output error",
});

/** Reads a file that the configuration names (patterns, maps): its bytes as latin1 text, or null when it cannot be opened. */
export function readNamedFile(path: string): string | null {
  try {
    return readFileSync(fromBytes(path), "latin1");
  } catch {
    return null;
  }
}
