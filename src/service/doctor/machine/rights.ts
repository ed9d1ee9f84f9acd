/** Whether this user may do what a start does: give rights up, enter a root folder, leave files, read what is named. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { GlobalPlan } from "../../../plan/global.ts";
import type { Position } from "../../../plan/position.ts";
import { givesUpRights } from "../../start/privileges.ts";
import type { Examined } from "../examined.ts";
import type { Finding } from "../finding.ts";
import { whereSaid } from "../said.ts";

type Files = Examined["files"];

/** What the system allows the longest path of a unix socket, in bytes: 108 with its end on Linux, and 104 elsewhere. */
const socketPathMost = process.platform === "linux" ? 107 : 103;

/** Of all files and folders that a start needs. */
export function examineRights({
  plan,
  files,
  running,
}: Pick<Examined, "plan" | "files" | "running">): readonly Finding[] {
  const { global, frontends } = plan;
  const sockets = [
    ...global.statsSockets.map(({ bind }) => bind),
    ...frontends.flatMap(({ disabled, binds }) => (disabled ? [] : binds)),
  ];
  return [
    // Who has started a process of these files may.
    ...(running === null ? rootNeeded(global, files) : []),
    ...rootFolder(global, files),
    ...sockets.flatMap(({ address, position }) => (address.kind === "unix" ? socketFile(address.path, position) : [])),
    ...written("pidfile", isService(global) ? global.pidfile : null, files),
    ...written("ssh-report-file", global.ssh.reportFile, files),
    ...written("ssh-hostkeys-file", global.ssh.hostKeysFile, files),
  ];
}

function isService({ daemon, masterWorker }: GlobalPlan): boolean {
  return daemon || masterWorker;
}

function rootNeeded(global: GlobalPlan, files: Files): readonly Finding[] {
  const uid = process.getuid?.();
  if (uid === undefined || uid === 0 || !givesUpRights(global)) return [];
  const words = [
    global.chroot === null ? [] : `'chroot ${global.chroot}'`,
    global.uid === null ? [] : `'user ${global.user ?? global.uid}'`,
    global.gid === null ? [] : "'group'",
  ].flat();
  const position =
    ["chroot", "user", "group"].map((word) => whereSaid(files, "global", word)).find((at) => at !== null) ?? null;
  const what = `${words.join(", ")} can only be done by root, and this is uid ${uid}: a start as this user fails`;
  return [
    {
      severity: "error",
      id: "root-needed",
      what,
      position,
      fix: `$ sudo fairlead -f ${shellWord(files[0]?.name ?? "FILE")}`,
    },
  ];
}

function rootFolder({ chroot }: GlobalPlan, files: Files): readonly Finding[] {
  if (chroot === null || isFolder(chroot)) return [];
  const what = `'chroot ${chroot}': there is no such folder`;
  return [
    {
      severity: "error",
      id: "chroot-folder",
      what,
      position: whereSaid(files, "global", "chroot"),
      fix: `$ sudo mkdir -p -m 0755 ${shellWord(chroot)}`,
    },
  ];
}

/** It is made, or replaced, when the process starts. */
function socketFile(path: string, position: Position): readonly Finding[] {
  const base = { severity: "error", id: "socket-folder", position } as const;
  const folder = dirname(path);
  if (Buffer.byteLength(path, "latin1") > socketPathMost) {
    const what = `the socket's path ${path} is longer than the system's ${socketPathMost} bytes`;
    return [{ ...base, id: "socket-path", what, fix: null }];
  }
  if (!isFolder(folder)) {
    const what = `there is no folder ${folder} for the socket ${path}`;
    return [{ ...base, what, fix: `$ sudo mkdir -p ${shellWord(folder)}` }];
  }
  if (!isWritable(folder)) {
    const what = `this user may not make the socket ${path}: the folder ${folder} is not writable`;
    return [{ ...base, what, fix: `$ sudo chown ${process.getuid?.() ?? "USER"} ${shellWord(folder)}` }];
  }
  const there = kindOf(path);
  if (there === null || there === "socket") return [];
  return [
    {
      ...base,
      id: "socket-path",
      what: `${path} is no socket but a ${there}, and stays`,
      fix: `$ sudo mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
    },
  ];
}

function written(keyword: string, path: string | null, files: Files): readonly Finding[] {
  if (path === null) return [];
  const folder = dirname(path);
  if (isFolder(folder) && isWritable(folder)) return [];
  const what = isFolder(folder)
    ? `'${keyword} ${path}': this user may not write into ${folder}`
    : `'${keyword} ${path}': there is no folder ${folder}`;
  return [
    {
      severity: "error",
      id: "file-folder",
      what,
      position: whereSaid(files, "global", keyword),
      fix: `$ sudo mkdir -p ${shellWord(folder)}`,
    },
  ];
}

function isFolder(path: string): boolean {
  return kindOf(path) === "folder";
}

function kindOf(path: string): "folder" | "socket" | "file" | null {
  try {
    const found = statSync(path);
    return found.isDirectory() ? "folder" : found.isSocket() ? "socket" : "file";
  } catch {
    return null;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
