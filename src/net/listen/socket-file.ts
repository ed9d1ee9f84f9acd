/** The file of a listening unix socket: put in place whole, and taken away only while it is still ours. */
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";

/** A socket file that a listener of ours has put in place. */
export interface SocketFile {
  /** What it has replaced will not be wanted again. */
  keep(): void;
  /** Removes the file unless another process has put its own in its place. Before `keep` it puts back what was there. */
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
    const former = setAside(path);
    renameSync(temporary, path);
    return socketFile(path, former, dev, ino);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Another name for the socket that is there, which somebody may listen on still; null where there is none. */
function setAside(path: string): string | null {
  try {
    if (!lstatSync(path).isSocket()) return null;
    const former = `${path}.${process.pid}.bak`;
    rmSync(former, { force: true });
    linkSync(path, former);
    return former;
  } catch {
    return null;
  }
}

function socketFile(path: string, before: string | null, dev: number, ino: number): SocketFile {
  let former = before;
  return {
    keep() {
      if (former !== null) quietly(() => rmSync(former as string, { force: true }));
      former = null;
    },
    remove() {
      quietly(() => {
        const found = lstatSync(path, { throwIfNoEntry: false });
        if (found === undefined || found.dev !== dev || found.ino !== ino) return;
        if (former === null) rmSync(path, { force: true });
        else renameSync(former, path);
        former = null;
      });
      this.keep();
    },
  };
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Privileges dropped or a chroot: the file stays, as HAProxy's always does, and the next start replaces it.
  }
}
