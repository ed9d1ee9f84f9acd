/** The master's part of kept files: it reads and writes for its worker, which has no rights, what the plan names. */
import { type KeptFiles, mostKeptBytes, openKept, ownKeptFiles, type Stamp } from "../kept/kept-files.ts";

/** What comes of it, for an answer. */
export interface KeptOutcome {
  readonly stamp?: Stamp;
  /** It is not to be read, for this reason; or where it has been set aside. */
  readonly text?: string;
}

/** Contents that come in pieces. Nothing is written before the last of them is there. */
export class KeptDrafts {
  readonly #files: KeptFiles;
  readonly #drafts = new Map<string, string[]>();
  #length = 0;

  /** `duplicate`: a descriptor for another process. */
  constructor(
    readonly duplicate: (fd: number) => number,
    files: KeptFiles = ownKeptFiles,
  ) {
    this.#files = files;
  }

  /** Opens it for reading: a descriptor that is the caller's, unless there is none, or it is unfit. */
  async open(path: string): Promise<KeptOutcome & { readonly fd: number | null }> {
    const opened = await openKept(path);
    if (opened === null) return { fd: null };
    if ("why" in opened) return { fd: null, text: opened.why };
    const { handle, stamp } = opened;
    try {
      return { fd: this.duplicate(handle.fd), stamp };
    } finally {
      await handle.close();
    }
  }

  /** One more piece; the last one has the file replaced, and comes to its stamp: none when something else was there. */
  async take(path: string, piece: string, isLast: boolean, known: Stamp): Promise<KeptOutcome> {
    const draft = this.#drafts.get(path) ?? [];
    this.#length += piece.length;
    if (this.#length > mostKeptBytes) {
      this.forget();
      throw Object.assign(new Error("File too large"), { code: "EFBIG" });
    }
    draft.push(piece);
    this.#drafts.set(path, draft);
    if (!isLast) return {};
    this.#drafts.delete(path);
    for (const one of draft) this.#length -= one.length;
    const stamp = await this.#files.replace(path, draft, known);
    return stamp === null ? {} : { stamp };
  }

  async setAside(path: string): Promise<KeptOutcome> {
    return { text: await this.#files.setAside(path) };
  }

  /** The worker that has sent them is gone. */
  forget(): void {
    this.#drafts.clear();
    this.#length = 0;
  }
}
