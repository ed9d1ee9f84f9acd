/** What a process and everything below it costs: processor time and memory, out of /proc. */
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** User and system seconds of the tree so far, with those of children that ended and were waited for. */
export function cpuSeconds(root: number): number {
  let ticks = 0;
  for (const stat of tree(root).values()) ticks += stat.ticks;
  return ticks / ticksPerSecond;
}

/** Memory of the tree in bytes; pages that several processes share count once (PSS), which for one process is its RSS. */
export function memoryBytes(root: number): number {
  let kibibytes = 0;
  for (const pid of tree(root).keys()) {
    const text = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    kibibytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

function tree(root: number): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = readOrEmpty(`/proc/${name}/stat`);
    if (text === "") continue;
    // Behind the name: state, parent, and from the twelfth on the process's own ticks and its dead children's.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
    all.set(Number(name), { parent: fields[1] as number, ticks });
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(all.get(pid)?.parent ?? 0));
  return new Map([...all].filter(([pid]) => isBelow(pid)));
}

/** Empty for a process that has just ended. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
