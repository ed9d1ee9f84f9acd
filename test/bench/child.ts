/** What the bench starts: ended with it, however it ends. */

/** What lets a child of the bench open enough descriptors, where this machine lets anyone. */
const roomy = ["sh", "-c", 'ulimit -n 20000 2>/dev/null; exec "$@"', "bench"];

/** A long-lived child, with its first line of output. */
export interface Child {
  readonly pid: number;
  readonly line: string;
  /** Ends its input, or it, and waits until it is gone. */
  end(how: "input" | "signal"): Promise<void>;
}

const living = new Set<Bun.Subprocess>();
process.on("exit", () => living.forEach((child) => child.kill()));

/** Has this process heed the signals that end one, so that what it does at its exit is done. */
export function exitOnSignals(): void {
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  process.on("SIGHUP", () => process.exit(129));
}

/** No longer asks the network for anything of its own. */
const environment = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };

/** Starts a command; `says`: waits for its first line. */
export async function startChild(command: readonly string[], says: boolean): Promise<Child> {
  const child = Bun.spawn([...roomy, ...command], {
    stdin: "pipe",
    stdout: says ? "pipe" : "ignore",
    stderr: "ignore",
    env: environment,
  });
  living.add(child);
  let line = "";
  if (child.stdout !== undefined) {
    for await (const chunk of child.stdout) {
      line += new TextDecoder().decode(chunk);
      if (line.includes("\n")) break;
    }
    if (!line.includes("\n")) throw new Error(`${command.join(" ")}: ended without a word`);
  }
  return {
    pid: child.pid,
    line: line.trim(),
    async end(how) {
      if (how === "input") await child.stdin.end();
      else child.kill();
      // One that does not heed it may not hold the others up.
      const late = setTimeout(() => child.kill("SIGKILL"), 5000);
      await child.exited;
      clearTimeout(late);
      living.delete(child);
    },
  };
}

/** Runs a command that must succeed, for five minutes at most; its output. */
export async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...roomy, ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment,
    timeout: 300_000,
  });
  living.add(child);
  const [output, words, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  living.delete(child);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${words.trim() || `exit code ${exitCode}`}`);
  return output.trim();
}
