/** The load generator and what it moves against: load.c, http.c and limit.c, compiled, started, asked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Child, run, startChild } from "./child.ts";

/** The load programs, compiled, with servers that run. */
export interface Load {
  /** Where the one for bytes listens: HOST:PORT. */
  readonly server: string;
  /** The same of the one for HTTP, which takes log lines there over UDP, too. */
  readonly httpServer: string;
  /** Words that put a command where the load is. */
  readonly prefix: readonly string[];
  /** Runs one load to its end; the numbers that it prints. */
  ask(...words: readonly (string | number)[]): Promise<readonly number[]>;
  /** Starts a load that stays until `end("input")`. */
  stay(...words: readonly (string | number)[]): Promise<Child>;
  end(): Promise<void>;
}

/** Compiles the load into `folder`, unless it is there, and starts the servers at an address. */
export async function openLoad(folder: string, address: string, prefix: readonly string[]): Promise<Load> {
  const program = await compiled(folder, "load", ["load.c", "serve.c", "http.c", "ends.c"]);
  const server = await startChild([...prefix, program, "serve", `${address}:0`], true);
  const httpServer = await startChild([...prefix, program, "serve-http", `${address}:0`], true);
  return {
    server: server.line,
    httpServer: httpServer.line,
    prefix,
    async ask(...words) {
      const output = await run([...prefix, program, ...words.map(String)]);
      if (output === "") throw new Error(`load ${words[0]}: gave no figure`);
      return output.split(" ").map(Number);
    },
    stay: (...words) => startChild([...prefix, program, ...words.map(String)], true),
    async end() {
      await Promise.all([server.end("signal"), httpServer.end("signal")]);
    },
  };
}

/** The path of the C program that a forwarder can come near to: limit.c. */
export function limitProgram(folder: string): Promise<string> {
  return compiled(folder, "limit", ["limit.c"]);
}

async function compiled(folder: string, name: string, sources: readonly string[]): Promise<string> {
  const program = join(folder, name);
  const paths = sources.map((source) => join(import.meta.dir, source));
  if (!existsSync(program)) await run(["cc", "-O2", "-pthread", "-o", program, ...paths]);
  return program;
}
