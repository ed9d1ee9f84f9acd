/** A network and mount namespace of its own: port 22, DNS on port 53 and /etc/hosts without touching the machine's. */
import { must, type Running, start, waitUntil } from "./harness.ts";

/** Ends with the block that made it, and everything in it becomes unreachable. */
export interface Namespace extends AsyncDisposable {
  /** Words that put a command into it. */
  readonly prefix: readonly string[];
  run(...command: readonly string[]): Promise<string>;
  /** Shows `file` in place of `path`, in here only. */
  cover(path: string, file: string): Promise<void>;
}

/** Makes one with loopback up. Needs root, unshare, nsenter and ip. */
export async function namespace(): Promise<Namespace> {
  const holder: Running = start(["unshare", "--net", "--mount", "sh", "-c", "echo in; exec sleep infinity"]);
  await holder.stdout.find(/^in$/);
  const prefix = ["nsenter", "-t", String(holder.pid), "--net", "--mount"];
  const inside = (...command: readonly string[]): Promise<string> => must([...prefix, ...command]);
  await inside("ip", "link", "set", "lo", "up");
  // Addresses appear a moment after the link is up.
  await waitUntil("loopback is up", async () => (await inside("ip", "addr", "show", "lo")).includes("127.0.0.1"));
  return {
    prefix,
    run: inside,
    cover: async (path, file) => void (await inside("mount", "--bind", file, path)),
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  };
}
