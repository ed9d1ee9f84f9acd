/** What a process gives up once it listens, and what that costs it: its root folder, its group and user. */
import { setPriority } from "node:os";
import type { GlobalPlan } from "../../plan/global.ts";
import { systemReason as reason } from "../runtime/system-reason.ts";

/** Whether `user`, `group` or `chroot` change anything for this process. */
export function givesUpRights({ uid, gid, chroot }: Pick<GlobalPlan, "uid" | "gid" | "chroot">): boolean {
  return (
    (uid !== null && uid !== process.getuid?.()) ||
    (gid !== null && gid !== process.getgid?.()) ||
    (chroot !== null && !/^\/+$/.test(chroot))
  );
}

/** What one process that gives up rights cannot do later, for the operator. `why`: why it is one. */
export function costOfOneProcess({ chroot }: Pick<GlobalPlan, "chroot">, why: string): string {
  const [words, lost] =
    chroot === null
      ? ["'user' and 'group'", "read what only root may, nor bind ports below 1024"]
      : ["'user', 'group' and 'chroot'", "find files, /dev/log and names of hosts, nor bind ports below 1024"];
  return `${words} are given up by the only process: a reload can neither ${lost} (${why}).`;
}

/**
 * Enters `chroot`, then becomes `group` and `user`, in this order and for good: supplementary groups first, the user
 * last, and a check that root cannot be had back. What is wrong, or null; after an error the process must end.
 */
export function dropPrivileges(
  global: Pick<GlobalPlan, "chroot" | "uid" | "gid" | "user">,
  chroot: ((path: string) => void) | null,
): string | null {
  if (global.chroot !== null) {
    if (chroot === null) return `Cannot chroot(${global.chroot}): this runtime cannot change the root folder.`;
    try {
      chroot(global.chroot);
      process.chdir("/");
    } catch (error) {
      return `Cannot chroot(${global.chroot}): ${reason(error)}.`;
    }
  }
  try {
    return change(global);
  } catch (error) {
    const [word, id] = global.uid === null ? ["gid", global.gid] : ["uid", global.uid];
    return `Cannot set ${word} ${id}: ${reason(error)}.`;
  }
}

/** Sets the process's nice value (`tune.renice.runtime`); what is wrong, or null. Threads that are started later have it as well. */
export function setNice(nice: number): string | null {
  try {
    setPriority(nice);
    return null;
  } catch (error) {
    return `couldn't set the runtime nice value to ${nice}: ${reason(error)}`;
  }
}

function change({ uid, gid, user }: Pick<GlobalPlan, "uid" | "gid" | "user">): string | null {
  const isRoot = process.getuid?.() === 0;
  // root's supplementary groups would outlive the change.
  if (isRoot && (gid !== null || uid !== null)) process.setgroups?.([]);
  if (gid !== null && gid !== process.getgid?.()) process.setgid?.(gid);
  if (uid === null || uid === process.getuid?.()) return null;
  process.setuid?.(uid);
  return uid !== 0 && canBeRoot()
    ? `Cannot set uid ${uid}${user === null ? "" : ` (${user})`}: root could be had back.`
    : null;
}

/** Trying is the only proof. */
function canBeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}
