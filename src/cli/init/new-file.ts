/** A file that is there whole or not at all. */
import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/**
 * Writes beside it and then puts it in its place, readable by everybody. Throws the system's error, EEXIST among them
 * unless `replace` says that what is there may go; a link that is there is replaced, not followed.
 */
export function writeNewFile(path: string, text: string, replace: boolean): void {
  const draft = `${path}.${process.pid}.new`;
  const fd = openSync(draft, "wx", 0o644);
  try {
    try {
      fchmodSync(fd, 0o644);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (replace) renameSync(draft, path);
    else linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
