/** The loading thread's side: tells one message whenever it is asked to. */
import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { load, type LoadRequest } from "./load.ts";

/** Loads what the thread was started for. The thread lives until whoever started it ends it. */
export function tellLoad(): void {
  stepBack();
  const messages = load(workerData as LoadRequest);
  parentPort?.on("message", () => void messages.next().then(({ value }) => parentPort?.postMessage(value)));
}

/** Where sessions and loading share a processor, sessions come first. */
function stepBack(): void {
  // Elsewhere it would be the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(19, getPriority() + 5));
  } catch {
    // Then it is as urgent as the rest.
  }
}
