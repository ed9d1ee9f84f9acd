/**
 * How many more threads the system lets this process have.
 *
 * The runtime needs some for each worker, and ends the whole process when it asks for one in vain: so there is a look before.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** What a worker takes: its own thread, and those that the engine starts for what it compiles and collects, each when it is needed. */
export const workerThreads = 8;

/** Above this, an account's limit is not one that was set with a handful of programs in mind, and its threads are not counted. */
const countedLimit = 16_384;

/** What is looked at of the system; null: it is not there, or not for us. */
export interface SystemFiles {
  read(path: string): string | null;
  list(path: string): readonly string[];
  owner(path: string): number | null;
}

const system: SystemFiles = {
  read: (path) => attempt(() => readFileSync(path, "latin1")),
  list: (path) => attempt(() => readdirSync(path)) ?? [],
  owner: (path) => attempt(() => statSync(path).uid),
};

function attempt<Result>(look: () => Result): Result | null {
  try {
    return look();
  } catch {
    return null;
  }
}

/** Linux only; Infinity where nothing is said of it. `uid`: the account that the process runs as. */
export function spareThreads(uid: number = process.getuid?.() ?? 0, files: SystemFiles = system): number {
  return Math.min(groupRoom(files), uid === 0 ? Infinity : accountRoom(uid, files));
}

/**
 * Looks again each time it is called, and remembers what it saw first: in another root folder (`chroot`) the system's files are
 * not to be seen. There it is 0 for an account whose limit counts, because how many threads it has nobody tells.
 */
export function openSpareThreads(
  account: () => number = () => process.getuid?.() ?? 0,
  files: SystemFiles = system,
): () => number {
  const firstLimit = accountLimit(files);
  const firstRoom = groupRoom(files);
  return () => {
    const uid = account();
    const groups = files.list("/sys/fs/cgroup").length > 0 ? groupRoom(files) : firstRoom;
    if (uid === 0) return groups;
    if (files.read("/proc/self/limits") !== null) return Math.min(groups, accountRoom(uid, files));
    return firstLimit > countedLimit ? groups : 0;
  };
}

/** By control groups (`TasksMax=`, `--pids-limit`): the own one, and those around it as far as they are seen. */
function groupRoom(files: SystemFiles): number {
  let room = Infinity;
  for (const line of (files.read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers = "", path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || !(controllers === "" || controllers.split(",").includes("pids"))) continue;
    const mount = controllers === "" ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
    const names = path.split("/").filter((name) => name !== "");
    for (let depth = names.length; depth >= 0; depth--) {
      const folder = [mount, ...names.slice(0, depth)].join("/");
      const most = numberIn(files.read(`${folder}/pids.max`));
      const now = numberIn(files.read(`${folder}/pids.current`));
      if (most !== null && now !== null) room = Math.min(room, most - now);
    }
  }
  return room;
}

/** Null for "max", and for what is not there. */
function numberIn(text: string | null): number | null {
  return text !== null && /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** By the account's limit (`LimitNPROC=`, `ulimit -u`), which counts the threads of all its processes. The superuser has none. */
function accountRoom(uid: number, files: SystemFiles): number {
  const limit = accountLimit(files);
  if (limit > countedLimit) return Infinity;
  let threads = 0;
  for (const name of files.list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status =
      files.owner(`/proc/${name}`) === uid || name === String(process.pid) ? files.read(`/proc/${name}/status`) : null;
    threads += numberAfter("Threads:", status) ?? 0;
    if (threads >= limit) break;
  }
  return limit - threads;
}

function accountLimit(files: SystemFiles): number {
  return numberAfter("Max processes", files.read("/proc/self/limits")) ?? Infinity;
}

/** The number behind a label at the beginning of a line; null: there is none. */
function numberAfter(label: string, text: string | null): number | null {
  const line = text?.split("\n").find((one) => one.startsWith(label));
  const [word = ""] = line?.slice(label.length).trim().split(" ") ?? [];
  return /^\d+$/.test(word) ? Number(word) : null;
}
