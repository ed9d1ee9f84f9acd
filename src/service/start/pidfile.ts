/** The pid file, which root writes and others believe: it is never written through a link, nor into what is somebody else's. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemReason } from "../runtime/system-reason.ts";

/** Why a file is not to be written, in words. */
class NotOurs extends Error {}

/**
 * Writes the process id and a LF. What is wrong, or null.
 *
 * A new file takes the place of the old in one step, so that nobody reads half a number, and whoever owned the old one does
 * not own this. Where no file can be made beside it, the old one is written if it is our own.
 */
export function writePidfile(path: string): string | null {
  const text = `${process.pid}\n`;
  try {
    const before = lstatSync(path, { throwIfNoEntry: false });
    if (before !== undefined) refuseOthers(before);
    try {
      replace(path, text);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (before === undefined || !placeless.has(code)) throw error;
      overwrite(path, text);
    }
    return null;
  } catch (error) {
    return `Cannot create pidfile ${path} : ${systemReason(error)}`;
  }
}

/** The folder takes no new file, or what stands there is mounted by itself. */
const placeless = new Set(["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"]);

/** A link that is put there only now is replaced by the rename, not followed. */
function replace(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const draft = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}`);
  const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    unlinkSync(draft);
    throw error;
  }
}

function overwrite(path: string, text: string): void {
  const { O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    refuseOthers(found);
    if (found.nlink > 1) throw new NotOurs("it has other names (hard links)");
    if (found.uid !== process.geteuid?.())
      throw new NotOurs("it belongs to another user, and no other can be put there");
    // The number first: whoever reads meanwhile finds it on the first line.
    ftruncateSync(fd, writeSync(fd, text, 0));
  } finally {
    closeSync(fd);
  }
}

function refuseOthers(found: Stats): void {
  if (found.isSymbolicLink()) throw new NotOurs("it is a symbolic link, which is not followed; name the file itself");
  if (found.isDirectory()) throw new NotOurs("it is a directory; name a file in it");
  if (!found.isFile()) throw new NotOurs("it is not a file");
}
