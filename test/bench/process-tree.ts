/** What a process and everything below it costs: processor time and memory. */
import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;
const into = new BigInt64Array(new ArrayBuffer(16));
const libc = dlopen("libc.so.6", { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } }).symbols;

/**
 * Seconds of the tree so far. Of a process in nanoseconds, by its own clock: the kernel's sum of what schedstat says of its
 * threads, with those that ended. Children that ended and were waited for come on top, in hundredths of a second.
 */
export function cpuSeconds(root: number): number {
  let seconds = 0;
  for (const [pid, { endedTicks }] of tree(root)) seconds += clockSeconds(pid) + endedTicks / ticksPerSecond;
  return seconds;
}

/** What a process has taken of all processors, all its threads since its start; 0 for one that has just ended. */
export function clockSeconds(pid: number): number {
  // How the kernel spells the clock of another process: clock_getcpuclockid(3).
  if (libc.clock_gettime((~pid << 3) | 2, into) !== 0) return 0;
  return Number(into[0]) + Number(into[1]) / 1e9;
}

/** Memory of a tree in bytes. */
export interface Memory {
  /** Pages that several processes share count once (PSS), which for one process is its RSS. */
  readonly resident: number;
  /** What is its own and was written to: `Private_Dirty`. Neither the program's text nor what others share. */
  readonly own: number;
}

export function memoryOf(root: number): Memory {
  const sum = { resident: 0, own: 0 };
  for (const pid of tree(root).keys()) {
    const text = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    sum.resident += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
    sum.own += Number(/^Private_Dirty:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
  }
  return sum;
}

function tree(root: number): Map<number, { parent: number; endedTicks: number }> {
  const all = new Map<number, { parent: number; endedTicks: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = readOrEmpty(`/proc/${name}/stat`);
    if (text === "") continue;
    // Behind the name: state, parent, and from the twelfth on the process's own ticks and its dead children's.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const endedTicks = Number(fields[13]) + Number(fields[14]);
    all.set(Number(name), { parent: Number(fields[1]), endedTicks });
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
