/** Whether rights are given up, and what that costs where one process does everything. */
import type { GlobalPlan } from "../plan/global.ts";

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
