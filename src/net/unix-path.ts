/** The file of a listening unix socket: put in place whole, and taken away only while it is still ours. */
import { chmodSync, chownSync, lstatSync, renameSync, rmSync } from "node:fs";

/** A socket file that a listener of ours has put in place. */
export interface SocketFile {
  /** Removes the file unless another process has put its own in its place. */
  remove(): void;
}

/** Where to bind before the file is put in place; something left there by a process that died is removed. */
export function temporaryPath(path: string): string {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  return temporary;
}

/**
 * Gives the bound file its mode and owner and moves it to `path`.
 *
 * As HAProxy does: whoever connects finds a socket that is ready, and what was at `path`, stale or alive, is replaced. Throws the
 * system's error, with the temporary file removed.
 */
export function placeSocketFile(
  temporary: string,
  path: string,
  owner: { readonly mode: number | null; readonly uid: number | null; readonly gid: number | null },
): SocketFile {
  try {
    if (owner.uid !== null || owner.gid !== null) chownSync(temporary, owner.uid ?? -1, owner.gid ?? -1);
    if (owner.mode !== null) chmodSync(temporary, owner.mode);
    const { dev, ino } = lstatSync(temporary);
    renameSync(temporary, path);
    return { remove: () => removeIfSame(path, dev, ino) };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function removeIfSame(path: string, dev: number, ino: number): void {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.dev === dev && found.ino === ino) rmSync(path, { force: true });
  } catch {
    // Privileges dropped or a chroot: the file stays, as HAProxy's always does, and the next start replaces it.
  }
}
