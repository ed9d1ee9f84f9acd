/** The load generator and what it moves against: load.c and limit.c, compiled, started, asked. */
import { join } from "node:path";

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
// However the bench ends, nothing that it started goes on.
process.on("exit", () => living.forEach((child) => child.kill()));
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

/** Starts a command; `says`: waits for its first line. */
export async function startChild(command: readonly string[], says: boolean): Promise<Child> {
  const child = Bun.spawn([...roomy, ...command], {
    stdin: "pipe",
    stdout: says ? "pipe" : "ignore",
    stderr: "ignore",
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
      await child.exited;
      living.delete(child);
    },
  };
}

/** The load programs, compiled. */
export interface Load {
  /** Where the server of all forwarders listens. */
  readonly serverPort: number;
  readonly limitProgram: string | null;
  readonly program: string;
  /** Runs one load to its end; the numbers that it prints. */
  ask(...words: readonly (string | number)[]): readonly number[];
  /** Starts a load that stays until `end("input")`. */
  stay(...words: readonly (string | number)[]): Promise<Child>;
  end(): Promise<void>;
}

/** Compiles both programs into `folder` and starts the server. */
export async function openLoad(folder: string): Promise<Load> {
  const compile = (name: string): string => {
    const program = join(folder, name);
    run(["cc", "-O2", "-pthread", "-o", program, join(import.meta.dir, `${name}.c`)]);
    return program;
  };
  const program = compile("load");
  const server = await startChild([program, "serve"], true);
  return {
    serverPort: Number(server.line),
    limitProgram: process.platform === "linux" ? compile("limit") : null,
    program,
    ask: (...words) =>
      run([...roomy, program, ...words.map(String)])
        .split(" ")
        .map(Number),
    stay: (...words) => startChild([program, ...words.map(String)], true),
    end: () => server.end("signal"),
  };
}

/** Runs a command that must succeed; its output. */
export function run(command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { timeout: 300_000 });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString().trim() || `exit code ${exitCode}`}`);
  return stdout.toString().trim();
}
