/** Finds and loads the configuration files that `-f` names. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Found } from "./named-files.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { fromBytes, toBytes } from "./text-bytes.ts";
import { systemText } from "../../system/text.ts";

/** One file: its name as given after `-f`, and its bytes as latin1 text (one character a byte, so that none is lost). */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Loads files in the order given; a folder stands for its `*.cfg` files, sorted by byte value, hidden ones left out.
 *
 * Null when one cannot be read, with HAProxy's message for it in `diagnostics`, and when there is none at all (a folder
 * without `*.cfg`, where HAProxy shows its usage).
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
      if (isUtf16(text)) {
        diagnostics.add({
          level: "alert",
          text: `Configuration file ${name} is UTF-16 text`,
          pointer: null,
          advice: utf16Advice,
        });
        return null;
      }
      files.push({ name: toBytes(name), text });
    }
  }
  if (files.length === 0 && paths.length > 0) {
    const folders = paths.map((path) => `'${path}'`).join(", ");
    diagnostics.add({ level: "alert", text: `No '*.cfg' file in ${folders}`, pointer: null, advice: cfgAdvice });
    return null;
  }
  return files;
}

/** A file that an editor on Windows saved as "Unicode": a byte order mark, or every other byte of its beginning NUL. */
function isUtf16(text: string): boolean {
  if (/^(?:\xff\xfe|\xfe\xff)/.test(text)) return true;
  return /^(?:[\x01-\x7f]\0){4}/.test(text) || /^(?:\0[\x01-\x7f]){4}/.test(text);
}

const cfgAdvice = "a folder stands for the files in it whose names end in .cfg: rename the file, or name it after -f";

const utf16Advice = "save it as UTF-8 without a byte order mark, or convert it: iconv -f UTF-16 -t UTF-8";

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

/** Why, in strerror()'s words. */
function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return systemText(code) ?? (code === "" ? String(error) : code);
}

/** Reads a file that the configuration names (patterns, maps): its bytes as latin1 text, or null when it cannot be opened. */
export function readNamedFile(path: string): string | null {
  try {
    return readFileSync(fromBytes(path), "latin1");
  } catch {
    return null;
  }
}

/** What there is under a name of the configuration. What is neither file nor folder (a pipe, a device) would not end when read. */
export function findNamed(path: string): Found {
  const name = fromBytes(path);
  try {
    const stats = statSync(name);
    if (stats.isDirectory()) return { kind: "folder", names: readdirSync(name).map(toBytes) };
    if (!stats.isFile()) return { kind: "none", reason: "Not a regular file" };
    return { kind: "file", bytes: stats.size };
  } catch (error) {
    return { kind: "none", reason: reason(error) };
  }
}
