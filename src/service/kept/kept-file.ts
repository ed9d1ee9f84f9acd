/** What a process has seen, in a file, so that the next one knows it: `ssh-report-file`, `ssh-hostkeys-file`. */
import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { ownTurn } from "../../ops/answers/slices.ts";
import type { GlobalPlan } from "../../plan/global.ts";
import { systemText } from "../../system/text.ts";
import { type KeptFiles, noFile, type Stamp } from "./kept-files.ts";

/** How often it is written, when something has changed. */
const intervalMs = 5 * 60_000;
/** How long a process that ends waits for it. */
const lastMs = 3000;
/** Steps of work between two turns of the event loop. */
const sliceSteps = 256;

/** What is kept. */
export interface Keepable {
  /** Goes up with every change; 0: there has been none. */
  readonly changes: number;
  /** It as a text, in steps. */
  lines(): Iterable<string>;
  /** Takes such a text in, in steps, or nothing of it: what is wrong with it then, in words. */
  takeIn(text: string): Iterator<unknown, string | null>;
}

/** What it is made from. */
export interface KeptFileParts {
  /** What names the file, for messages. */
  readonly keyword: string;
  readonly kept: Keepable;
  readonly files: KeptFiles;
  readonly warn: (text: string) => void;
}

/** One per process. Nothing is read or written before `use`. Nothing here rejects: what is wrong is told, each once. */
export class KeptFile {
  readonly #parts: KeptFileParts;
  #path: string | null = null;
  /** What is known to be in the file; null: it has not been read yet. */
  #stamp: Stamp | null = null;
  #written = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #lastWrong = "";
  /** The folder that this process has taken for its root. */
  #root = "";
  #work: Promise<void> = Promise.resolve();

  constructor(parts: KeptFileParts) {
    this.#parts = parts;
  }

  /** A plan runs that names this file, or none (null). Another file is read, what is in the same is brought up to date. */
  use(path: string | null): Promise<void> {
    return this.#next(async () => {
      if (path !== this.#path) {
        await this.#write();
        this.#path = path;
        this.#stamp = null;
        const { changes } = this.#parts.kept;
        this.#written = -1;
        await this.#read();
        // Where nothing else was known, all that is known now stands there.
        if (changes === 0) this.#written = this.#parts.kept.changes;
      }
      this.#watch();
      await this.#write();
    });
  }

  /** One after the other. */
  #next(act: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(act).catch((error: unknown) => this.#tell(reasonOf(error)));
    return this.#work;
  }

  #watch(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = this.#path === null ? null : setInterval(() => void this.save(), intervalMs);
    this.#timer?.unref();
  }

  /** Writes what has changed. */
  save(): Promise<void> {
    return this.#next(() => this.#write());
  }

  /** For the last time. The process does not stay for a disk that does not answer. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, lastMs)));
    await Promise.race([this.save(), limit]);
    clearTimeout(timer);
  }

  /** Where the file is for this process; null: it cannot be reached. */
  get #place(): string | null {
    const path = this.#path;
    if (path === null || this.#root === "") return path;
    return path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length) : null;
  }

  async #read(): Promise<void> {
    const path = this.#place;
    if (path === null) return;
    const { files, kept } = this.#parts;
    const found = await files.read(path);
    if (found.kind === "none") {
      this.#stamp = noFile;
      return;
    }
    const wrong = found.kind === "unfit" ? found.why : await inSteps(kept.takeIn(found.text));
    if (wrong !== null) {
      const aside = await files.setAside(path);
      this.#stamp = noFile;
      return this.#tell(`${wrong}; it is kept as ${aside}, and a new one is begun`);
    }
    this.#stamp = found.kind === "content" ? found.stamp : noFile;
  }

  async #write(): Promise<void> {
    const path = this.#place;
    const { files, kept } = this.#parts;
    if (path === null || kept.changes === this.#written || kept.changes === 0) return;
    // What could not be read is not overwritten; and what another process has written meanwhile is taken in first.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (this.#stamp === null) await this.#read();
      const { changes } = kept;
      this.#stamp = await files.replace(path, kept.lines(), this.#stamp ?? noFile);
      if (this.#stamp === null) continue;
      this.#written = changes;
      this.#lastWrong = "";
      return;
    }
  }

  #tell(wrong: string): void {
    if (wrong === this.#lastWrong) return;
    this.#lastWrong = wrong;
    this.#parts.warn(`${this.#parts.keyword} ${this.#path ?? ""}: ${wrong}`);
  }

  /** The only process has given up its rights: tells whether it can still write the file, and what to do where it cannot. */
  rightsGone({ chroot, user }: Pick<GlobalPlan, "chroot" | "user">): Promise<void> {
    return this.#next(async () => {
      this.#root = chroot?.replace(/\/+$/, "") ?? "";
      if (this.#path === null) return;
      const wrong = this.#place === null ? `it is outside of ${this.#root}` : await wrongFolder(dirname(this.#place));
      if (wrong === null) return;
      const whose = user === null ? "this process" : `'${user}'`;
      this.#tell(
        `it cannot be written once rights are given up (${wrong}): start with -W, so that a process that keeps them writes it, or name a file in a folder${this.#root === "" ? "" : ` below ${this.#root}`} that ${whose} may write to`,
      );
    });
  }
}

async function wrongFolder(folder: string): Promise<string | null> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && systemText(code)) || (error instanceof Error ? error.message : String(error));
}

/** Works to the end, with turns of the event loop in between. */
export async function inSteps<Result>(steps: Iterator<unknown, Result>): Promise<Result> {
  for (;;) {
    for (let count = 0; count < sliceSteps; count++) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
    await ownTurn();
  }
}
