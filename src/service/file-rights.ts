/** The rights of a command socket's file while it listens. */
import { chmodSync, chownSync } from "node:fs";

/** What a line says of a socket's file; null: nothing. */
export interface FileRights {
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Gives the file what is said, and where nothing is said what a start would leave it. Throws what the system says. */
export function giveFileRights(path: string, { mode, uid, gid }: FileRights): void {
  chmodSync(path, mode ?? 0o777 & ~process.umask());
  chownSync(path, uid ?? process.getuid?.() ?? -1, gid ?? process.getgid?.() ?? -1);
}

/** Whether both say the same. */
export function isSameRights(one: FileRights, other: FileRights): boolean {
  return one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
}
