/** Files that a configuration names (patterns, maps, error pages), and where their relative paths begin: `default-path` (manual, 3.1). */
import { statSync } from "node:fs";
import { fromBytes } from "./text-bytes.ts";
import type { Section } from "./statement.ts";

/** Where relative paths begin: in the working directory, beside the file that names them, one folder above that, or in a folder of their own. */
export type DefaultPath =
  { readonly mode: "current" | "config" | "parent" } | { readonly mode: "origin"; readonly folder: string };

/** What is found under a name: a file and its size, a folder and the names in it, or nothing, with why in strerror()'s words. */
export type Found =
  | { readonly kind: "file"; readonly bytes: number }
  | { readonly kind: "folder"; readonly names: readonly string[] }
  | { readonly kind: "none"; readonly reason: string };

/** Reads files by the names that lines give them. Paths are latin1 text, one character a byte. */
export class NamedFiles {
  #base: DefaultPath = { mode: "current" };
  /** A `default-path` counts from where it stands on, while proxies are read after everything else. */
  readonly #bases = new Map<Section, DefaultPath>();
  #reading: DefaultPath = this.#base;
  #file = "";

  /** `open`: a file's bytes as latin1 text; null when it cannot be opened. */
  constructor(
    private readonly open: (path: string) => string | null,
    private readonly find: (path: string) => Found,
  ) {}

  /** A section stands here. */
  note(section: Section): void {
    this.#bases.set(section, this.#base);
  }

  /** What is read from now on is named by a line of this section in `file`. */
  readFor(section: Section, file: string): void {
    this.#reading = section.kind === "global" ? this.#base : (this.#bases.get(section) ?? this.#base);
    this.#file = file;
  }

  /** What is read from now on is named from the working directory, whatever `default-path` says. */
  readFromHere(): void {
    this.#reading = { mode: "current" };
  }

  begin(base: DefaultPath): void {
    this.#base = this.#reading = base;
  }

  /** What there is under a line's name, before it is read. */
  look(path: string): Found {
    return this.find(pathFrom(this.#reading, this.#file, path));
  }

  /** The file that a line names; null when it cannot be opened. */
  read(path: string): string | null {
    return this.open(pathFrom(this.#reading, this.#file, path));
  }
}

/** Whether there is such a folder. */
export function isFolder(path: string): boolean {
  return statSync(fromBytes(path), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The path of what `file` calls `path`. */
function pathFrom(base: DefaultPath, file: string, path: string): string {
  if (base.mode === "current" || path.startsWith("/")) return path;
  if (base.mode === "origin") return `${base.folder}/${path}`;
  const slash = file.lastIndexOf("/");
  const folder = slash < 0 ? "." : slash === 0 ? "/" : file.slice(0, slash);
  return base.mode === "config" ? `${folder}/${path}` : `${folder}/../${path}`;
}
