/** Users and groups of this machine, from /etc/passwd and /etc/group, read once when first asked for. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** Who may own a socket's file or run the process, by name. */
export interface Accounts {
  /** The user's ids, or null when there is no such user. */
  user(name: string): { readonly uid: number; readonly gid: number } | null;
  /** The group's id, or null. */
  group(name: string): number | null;
}

/**
 * Reads accounts from files in the form of passwd(5) and group(5).
 *
 * Where there is no such file (or names come from elsewhere) only the user who runs the process is known.
 */
export function fileAccounts(passwd = "/etc/passwd", group = "/etc/group"): Accounts {
  let users: Map<string, string[]> | null = null;
  let groups: Map<string, string[]> | null = null;
  return {
    user(name) {
      users ??= table(passwd);
      const entry = users.get(name);
      if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
      return self(name);
    },
    group(name) {
      groups ??= table(group);
      const entry = groups.get(name);
      return entry === undefined ? null : Number(entry[2]);
    },
  };
}

function table(path: string): Map<string, string[]> {
  const entries = new Map<string, string[]>();
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return entries; // no such file on this system: its users are simply not known
  }
  for (const line of text.split("\n")) {
    const fields = line.split(":");
    if (fields.length >= 3 && /^\d+$/.test(fields[2] ?? "")) entries.set(fields[0] ?? "", fields);
  }
  return entries;
}

function self(name: string): { uid: number; gid: number } | null {
  try {
    const own = userInfo();
    return own.username === name && own.uid >= 0 ? { uid: own.uid, gid: own.gid } : null;
  } catch {
    return null; // the process has no user entry at all
  }
}
