/** Going to the background without fork: the process starts itself again, detached, and waits until the child serves. */
import { spawn } from "node:child_process";
import { closeSync, readFileSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Plan } from "../../plan/plan.ts";

/** Set for the child: the descriptor on which it tells how its start goes. */
const reportVariable = "FAIRLEAD_DAEMON";
/** Ends the child's report when it serves. */
const served = 0;

/** Descriptors that the configuration names, which the child must find under the same numbers. */
function inheritedDescriptors(plan: Plan): number[] {
  const binds = [...plan.frontends.flatMap((one) => one.binds), ...plan.global.statsSockets.map((one) => one.bind)];
  const logs = [
    ...plan.global.logs,
    ...plan.frontends.flatMap((one) => one.logs),
    ...plan.backends.flatMap((one) => one.logs),
  ];
  const fds = [
    ...binds.flatMap(({ address }) => (address.kind === "fd" ? [address.fd] : [])),
    ...logs.flatMap(({ destination }) => (destination.kind === "fd" ? [destination.fd] : [])),
  ];
  return [...new Set(fds)].filter((fd) => fd > 2);
}

/**
 * Starts the background process with the configuration as it was checked, so that what runs is what was read (a file
 * may be a pipe, or change meanwhile). Resolves to the exit code: 0 once the child serves.
 *
 * The child's standard descriptors are /dev/null; what it has to say until it serves goes to `report`.
 */
export async function runInBackground(
  argv: readonly string[],
  folder: string,
  files: readonly ConfigurationFile[],
  plan: Plan,
  report: (text: string) => void,
): Promise<number> {
  // Deno passes no descriptors on besides the standard three.
  if (process.versions["deno"] !== undefined) {
    report("Deno cannot go to the background: leave -D out, and let the shell or a service manager do it.\n");
    return 1;
  }
  const inherited = inheritedDescriptors(plan);
  const reportFd = Math.max(2, ...inherited) + 1;
  const stdio: ("pipe" | "ignore" | number)[] = Array.from({ length: reportFd + 1 }, (_, fd) =>
    inherited.includes(fd) ? fd : fd === 0 || fd === reportFd ? "pipe" : "ignore",
  );
  const child = spawn(process.execPath, [...programWords(), ...argv], {
    argv0: process.argv0,
    cwd: folder,
    detached: true,
    stdio,
    env: { ...process.env, [reportVariable]: String(reportFd) },
  });
  const exited = new Promise<number>((resolve) => {
    child.on("exit", (code) => resolve(code ?? 1));
    child.on("error", () => resolve(1));
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(files));
  const serves = await followReport(child.stdio[reportFd] as Readable, report);
  child.unref();
  return serves ? 0 : exited;
}

/** What stands between the executable and our own arguments: nothing for the binary, which is its own program. */
export function programWords(): string[] {
  const [, program = ""] = process.argv;
  if (program.startsWith("/$bunfs/")) return [];
  return [...process.execArgv, program];
}

/** Passes the child's words on; true when they end with the mark that it serves. */
function followReport(pipe: Readable, report: (text: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    let serves = false;
    pipe.on("data", (part: Buffer) => {
      const end = part.indexOf(served);
      if (end >= 0) serves = true;
      const text = (end < 0 ? part : part.subarray(0, end)).toString();
      if (text !== "") report(text);
    });
    pipe.on("error", () => resolve(serves));
    pipe.on("close", () => resolve(serves));
    pipe.on("end", () => resolve(serves));
  });
}

/** The child's side. */
export interface BackgroundStart {
  readonly files: readonly ConfigurationFile[];
  /** Says something to whoever started us; nothing once `serving` was called. */
  write(line: Uint8Array): void;
  /** Lets the parent go. */
  serving(): void;
}

/** Null when this process was not started by `runInBackground`. Reads the configuration from standard input. */
export function takeBackgroundStart(environment: Record<string, string | undefined>): BackgroundStart | null {
  const value = environment[reportVariable];
  if (value === undefined) return null;
  delete environment[reportVariable];
  const fd = Number(value);
  if (!Number.isInteger(fd) || fd < 3) return null;
  let isOpen = true;
  const write = (bytes: Uint8Array): void => {
    try {
      if (isOpen) writeSync(fd, bytes);
    } catch {
      // The parent was killed: nobody is left to be told.
      isOpen = false;
    }
  };
  return {
    files: JSON.parse(readFileSync(0, "utf8")) as ConfigurationFile[],
    write,
    serving() {
      write(new Uint8Array([served]));
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
