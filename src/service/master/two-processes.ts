/** Whether there may be two processes here, and what they need to talk to each other. */
import type { Plan } from "../../plan/plan.ts";
import type * as masterAndWorker from "./master-and-worker.ts";

/** What only a process that is one of two needs; see `master-and-worker.ts`. */
export type TwoProcesses = typeof masterAndWorker;

/** Null on Node and Deno: their bundle, in which Bun's version is defined to be undefined, has nothing of it. */
export async function loadTwoProcesses(): Promise<TwoProcesses | null> {
  if (process.versions["bun"] !== undefined) return import("./master-and-worker.ts");
  return null;
}

/** What two processes need to talk to each other, or why there is to be one. */
export async function mayBeTwo({ global }: Plan): Promise<TwoProcesses | string> {
  if (!global.masterWorker) return "start with -W to have a second one that keeps them";
  const two = await loadTwoProcesses();
  if (process.platform !== "linux" || two === null)
    return "a second one that keeps them needs Linux, and the fairlead binary";
  const refusal = await two.refusal();
  return refusal === null ? two : `a second one that keeps them is not possible: ${refusal}`;
}
