/** Whether a process of this machine serves the files that are examined (Linux's /proc). */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";

/** How many parents of a worker are looked at: its master is the first. */
const generations = 2;

/** A process that was started with one of these files; null: none is seen, or the system does not tell. */
export function runningProcess(files: readonly string[], look: ProcessTable = processTable): number | null {
  const wanted = files.map(real).filter((file) => file !== null);
  if (wanted.length === 0) return null;
  return look.pids().find((pid) => pid !== process.pid && servesOneOf(pid, wanted, look)) ?? null;
}

/** Whether that process, or the master that it is the worker of, is `running`. */
export function isOf(pid: number, running: number | null, look: ProcessTable = processTable): boolean {
  if (running === null) return false;
  for (let at = pid, left = generations; at > 1 && left >= 0; at = look.parent(at), left--)
    if (at === running) return true;
  for (let at = running, left = generations; at > 1 && left >= 0; at = look.parent(at), left--)
    if (at === pid) return true;
  return false;
}

/** What the system tells of its processes. */
export interface ProcessTable {
  pids(): readonly number[];
  /** Its words; none where it is gone, or of the kernel. */
  words(pid: number): readonly string[];
  /** 0: it has none, or is gone. */
  parent(pid: number): number;
  /** Null: not told. */
  folder(pid: number): string | null;
  /** A variable of its environment; null: not told, or not set. */
  variable(pid: number, name: string): string | null;
}

function servesOneOf(pid: number, wanted: readonly string[], look: ProcessTable): boolean {
  const words = look.words(pid);
  const program = words.slice(0, 2).findIndex((word) => /^(?:fairlead|haproxy)(?:\.mjs)?$/.test(basename(word)));
  if (program < 0) return false;
  const [first, ...rest] = words.slice(program + 1);
  const folder = look.folder(pid);
  if (first === undefined) return isNamed(look.variable(pid, "FAIRLEAD_CONFIG"), folder, wanted);
  // A command that asks, or a run that only checks.
  if (!first.startsWith("-") || first === "-c" || rest.includes("-c")) return false;
  return namedFiles([first, ...rest]).some((file) => isNamed(file, folder, wanted));
}

function namedFiles(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  const flags = end < 0 ? words : words.slice(0, end);
  return [...flags.filter((_, index) => flags[index - 1] === "-f"), ...words.slice(flags.length + 1)];
}

/** A process in another root folder does not tell where its names began: there the end of a path must do. */
function isNamed(file: string | null, folder: string | null, wanted: readonly string[]): boolean {
  if (file === null || file === "") return false;
  const path = isAbsolute(file) || folder === null ? file : join(folder, file);
  const found = real(path);
  return found === null
    ? wanted.some((one) => one.endsWith(`/${file.replace(/^\.?\/+/, "")}`))
    : wanted.includes(found);
}

function real(file: string): string | null {
  return quietly(() => realpathSync(file));
}

/** Linux's. */
export const processTable: ProcessTable = {
  pids: () => (quietly(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name)).map(Number),
  words: (pid) => zeroed(`/proc/${pid}/cmdline`),
  parent: (pid) => {
    const [, parent = "0"] = (quietly(() => readFileSync(`/proc/${pid}/stat`, "latin1")) ?? "")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(parent);
  },
  folder: (pid) => quietly(() => readlinkSync(`/proc/${pid}/cwd`)),
  variable: (pid, name) =>
    zeroed(`/proc/${pid}/environ`)
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? null,
};

function zeroed(path: string): string[] {
  return (quietly(() => readFileSync(path, "utf8")) ?? "").split("\0").filter(Boolean);
}

/** Processes come and go while we look, and some may not be looked at. */
function quietly<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
