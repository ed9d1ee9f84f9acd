/** The load generator and what it moves against: load.c, sessions.c, http.c, ssh.c, tls.c and limit.c, compiled, started, asked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Child, run, startChild } from "./child.ts";

/** What loads. */
export interface Loading {
  /** Runs one load to its end; the numbers that it prints. */
  ask(...words: readonly (string | number)[]): Promise<readonly number[]>;
  /** Starts a load that stays until `end("input")`. */
  stay(...words: readonly (string | number)[]): Promise<Child>;
}

/** The load programs, compiled, with servers that run. */
export interface Load extends Loading {
  /** Where the one for bytes listens: HOST:PORT. */
  readonly server: string;
  /** The same of the one for HTTP, which takes log lines there over UDP, too. */
  readonly httpServer: string;
  /** The same of the one whose sessions begin with SSH. */
  readonly sshServer: string;
  /** Words that put a command where the load is. */
  readonly prefix: readonly string[];
  /** The same load over TLS: compiled when it is first asked for. @throws where there is no libssl to compile it with. */
  tls(): Promise<Loading>;
  end(): Promise<void>;
}

const sources = ["load.c", "serve.c", "sessions.c", "http.c", "ssh.c", "ends.c"];

/** Compiles the load into `folder`, unless it is there, and starts the servers at an address. */
export async function openLoad(folder: string, address: string, prefix: readonly string[]): Promise<Load> {
  const program = await compiled(folder, "load", [...sources, "clear.c"], ["-luring"]);
  const server = await startChild([...prefix, program, "serve", `${address}:0`], true);
  const httpServer = await startChild([...prefix, program, "serve-http", `${address}:0`], true);
  const sshServer = await startChild([...prefix, program, "fleet", "serve", `${address}:0`], true);
  let tls: Promise<Loading> | null = null;
  return {
    server: server.line,
    httpServer: httpServer.line,
    sshServer: sshServer.line,
    prefix,
    ...loadingBy([...prefix, program]),
    tls: () =>
      (tls ??= compiled(folder, "load-tls", [...sources, "tls.c"], ["-luring", "-lssl", "-lcrypto"]).then((withTls) =>
        loadingBy([...prefix, withTls]),
      )),
    async end() {
      await Promise.all([server, httpServer, sshServer].map((one) => one.end("signal")));
    },
  };
}

function loadingBy(command: readonly string[]): Loading {
  return {
    async ask(...words) {
      const output = await run([...command, ...words.map(String)]);
      if (output === "") throw new Error(`load ${words[0]}: gave no figure`);
      return output.split(" ").map(Number);
    },
    stay: (...words) => startChild([...command, ...words.map(String)], true),
  };
}

/** The path of the C program that a forwarder can come near to: limit.c. */
export function limitProgram(folder: string): Promise<string> {
  return compiled(folder, "limit", ["limit.c"]);
}

async function compiled(folder: string, name: string, files: readonly string[], libraries: readonly string[] = []) {
  const program = join(folder, name);
  const paths = files.map((file) => join(import.meta.dir, file));
  if (!existsSync(program)) await run(["cc", "-O2", "-pthread", "-o", program, ...paths, ...libraries]);
  return program;
}
