/** How a process learns that it is to be a worker. */
import { writeFileSync } from "node:fs";

/** Set for the worker: the descriptor of its channel. */
export const workerVariable = "FAIRLEAD_WORKER";

/** The channel's descriptor; null for a process that is no worker. Nothing that it starts will be one. */
export function takeWorkerStart(environment: NodeJS.ProcessEnv): number | null {
  const fd = Number(environment[workerVariable] ?? Number.NaN);
  delete environment[workerVariable];
  return Number.isInteger(fd) && fd > 2 ? fd : null;
}

/** Started as /proc/self/exe, a process would be `exe` to ps and pgrep. */
export function nameProcess(name: string): void {
  try {
    writeFileSync("/proc/self/comm", name);
  } catch {
    // No more than a name.
  }
}
