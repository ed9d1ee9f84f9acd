/** Who has the port: the process that listens where we could not, where the system tells (Linux's /proc). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A listening process. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/** LISTEN, in /proc/net/tcp. */
const listening = "0A";

/**
 * The process that listens on a TCP port, or null: not Linux, not allowed to look (another user's process, and we are
 * not root), or gone meanwhile. Looks at every address, since any of them may be in the way.
 */
export function portHolder(port: number): PortHolder | null {
  const inodes = new Set([...listeningInodes("/proc/net/tcp", port), ...listeningInodes("/proc/net/tcp6", port)]);
  if (inodes.size === 0) return null;
  for (const pid of names("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const fd of names(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "")?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const command = quietly(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim()) ?? "?";
      return { pid: Number(pid), command };
    }
  }
  return null;
}

/**
 * Inodes of sockets that listen on `port`, from one table. Its columns, separated by spaces:
 *
 * | sl | local_address `HEX:PORT` | rem_address | st | queues | timer | retrnsmt | uid | timeout | inode |
 */
function listeningInodes(path: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = (quietly(() => readFileSync(path, "utf8")) ?? "").split("\n").slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) === true && columns[3] === listening)
    .map((columns) => columns[9] ?? "");
}

function names(folder: string): string[] {
  return quietly(() => readdirSync(folder)) ?? [];
}

/** Processes come and go while we look, and some may not be looked at. */
function quietly<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
