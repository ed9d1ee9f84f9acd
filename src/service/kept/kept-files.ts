/** Files in which a process keeps what the next one is to have: read at a start, replaced whole, and nobody else's to read. */
import { constants } from "node:fs";
import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** The longest that is read or written. */
export const mostKeptBytes = 64 * 1024 * 1024;

/** What tells one content of a file from the next. */
export type Stamp = string;

/** The stamp of a file that is not there. */
export const noFile: Stamp = "none";

/** What a file holds. */
export type KeptContent =
  | { readonly kind: "content"; readonly text: string; readonly stamp: Stamp }
  | { readonly kind: "none" }
  /** It is not to be read, for this reason. */
  | { readonly kind: "unfit"; readonly why: string };

/** Files by their path. What cannot be done rejects with the system's error. */
export interface KeptFiles {
  read(path: string): Promise<KeptContent>;
  /**
   * Has the pieces be the file's content, all or nothing, and resolves to its stamp. `known`: what the caller knows to be there;
   * null, and nothing done, when it is something else.
   */
  replace(path: string, pieces: Iterable<string>, known: Stamp): Promise<Stamp | null>;
  /** Gives the file another name, and tells which. */
  setAside(path: string): Promise<string>;
}

/** As this process may. */
export const ownKeptFiles: KeptFiles = {
  async read(path) {
    const opened = await openKept(path);
    if (opened === null) return { kind: "none" };
    if ("why" in opened) return { kind: "unfit", why: opened.why };
    const { handle, stamp } = opened;
    try {
      return { kind: "content", text: await handle.readFile("utf8"), stamp };
    } finally {
      await handle.close();
    }
  },

  async replace(path, pieces, known) {
    const draft = draftOf(path);
    const handle = await openDraft(draft);
    try {
      try {
        await writeAll(handle, pieces);
        // What is renamed before it is on the disk may be empty after a crash.
        await handle.sync();
      } finally {
        await handle.close();
      }
      if ((await stampOf(path)) !== known) {
        await unlink(draft);
        return null;
      }
      await rename(draft, path);
    } catch (error) {
      await unlink(draft).catch(() => {});
      throw error;
    }
    await syncFolder(dirname(path));
    return stampOf(path);
  },

  async setAside(path) {
    const aside = `${path}.bad`;
    await rename(path, aside);
    return aside;
  },
};

/** A file that may be read, opened; null: there is none. The caller closes it. */
export async function openKept(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly stamp: Stamp } | { readonly why: string } | null> {
  let handle: FileHandle;
  try {
    // Of a pipe nobody may ever open the other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const found = await handle.stat();
  if (found.isFile() && found.size <= mostKeptBytes) return { handle, stamp: stampText(found) };
  await handle.close();
  return { why: found.isFile() ? `it is too large (${found.size} bytes)` : "it is not a file" };
}

/** Beside the file, for a rename to another file system is none. One that was left there by a crash goes. */
export function draftOf(path: string): string {
  return `${path}.new`;
}

async function openDraft(draft: string): Promise<FileHandle> {
  // A link or a file that somebody else has put there is not written to.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return await open(draft, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await unlink(draft);
    return open(draft, flags, 0o600);
  }
}

/** Characters that are written at once. */
const batchLength = 65_536;

async function writeAll(handle: FileHandle, pieces: Iterable<string>): Promise<void> {
  let batch = "";
  let left = mostKeptBytes;
  const write = async (): Promise<void> => {
    const bytes = Buffer.from(batch);
    batch = "";
    left -= bytes.length;
    if (left < 0) throw Object.assign(new Error("File too large"), { code: "EFBIG" });
    await handle.writeFile(bytes);
  };
  for (const piece of pieces) {
    batch += piece;
    if (batch.length >= batchLength) await write();
  }
  await write();
}

async function stampOf(path: string): Promise<Stamp> {
  try {
    return stampText(await stat(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return noFile;
    throw error;
  }
}

function stampText({
  ino,
  size,
  mtimeMs,
}: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}): Stamp {
  return `${ino} ${size} ${mtimeMs}`;
}

/** The new name is on the disk as well. A folder that cannot be opened for that has it there soon. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The content is safe either way: the old one or the new.
  }
}
