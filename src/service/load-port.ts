/** The loading thread's side: tells one message whenever it is asked to. */
import { parentPort, workerData } from "node:worker_threads";
import { load, type LoadRequest } from "./load.ts";

/** Loads what the thread was started for. The thread lives until whoever started it ends it. */
export function tellLoad(): void {
  const messages = load(workerData as LoadRequest);
  parentPort?.on("message", () => void messages.next().then(({ value }) => parentPort?.postMessage(value)));
}
