/** Who has the port: the process that listens where we could not, where the system tells (Linux's /proc). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { parseIPv4, parseIPv6 } from "../../ip-literal.ts";

/** A listening process. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/** Tells who is in the way of an address. `host` is a literal, or as a bind line has it: `*` and nothing are every address. */
export type FindHolder = (port: number, host: string) => PortHolder | null;

/** LISTEN, in /proc/net/tcp. */
const listening = "0A";

/**
 * The process that listens on a TCP port where it is in the way of `host`, or null: not Linux, not allowed to look
 * (another user's process, and we are not root), or gone meanwhile. Others may listen there on other addresses.
 */
export function portHolder(port: number, host: string): PortHolder | null {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"];
  const inodes = new Set(tables.flatMap((path) => listeningInodes(path, port, inTheWay(host))));
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

/** How those tables write the addresses that one collides with; null: all. */
function inTheWay(host: string): ReadonlySet<string> | null {
  const four = parseIPv4(host);
  const bytes = four ?? parseIPv6(host);
  if (bytes === null || bytes.every((byte) => byte === 0)) return null;
  const text = tableText(bytes);
  const everything = ["0".repeat(8), "0".repeat(32)];
  return new Set([...everything, text, ...(four === null ? [] : [`0000000000000000FFFF0000${text}`])]);
}

/** Words of four bytes each, written as the machine keeps numbers: the last byte first. */
function tableText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4)
    text += Buffer.from(bytes.slice(at, at + 4).toReversed()).toString("hex");
  return text.toUpperCase();
}

/**
 * Inodes of sockets that listen on `port` and one of these addresses, from one table. Its columns, separated by spaces:
 *
 * | sl | local_address `HEX:PORT` | rem_address | st | queues | timer | retrnsmt | uid | timeout | inode |
 */
function listeningInodes(path: string, port: number, addresses: ReadonlySet<string> | null): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (quietly(() => readFileSync(path, "utf8")) ?? "").split("\n").slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => {
      const [address = "", at] = (columns[1] ?? "").split(":");
      return at === wanted && columns[3] === listening && (addresses?.has(address) ?? true);
    })
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
