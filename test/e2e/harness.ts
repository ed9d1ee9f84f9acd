/** What every end-to-end test stands on: scratch folders, commands, free ports, conditions, and what to do without a tool. */
import { test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** True where nothing may be skipped. */
const isStrict = process.env["CI"] === "true";

/** Debian keeps servers out of an ordinary user's path. */
const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

/** The environment of every command: no configuration of the user who runs the tests. */
export const environment: Record<string, string> = {
  PATH: path,
  HOME: "/nonexistent",
  LANG: "C",
  // Deno, where it is what runs the program: no look at the network for updates.
  DENO_NO_UPDATE_CHECK: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

/** NOEPOLL=1 runs the same tests over Bun's own sockets (`-de`), on Linux, too. */
export const isNoEpoll = process.env["NOEPOLL"] === "1";

/**
 * What a test may need: a command, a file by its whole path, being root, fairlead itself (and not the forwarder it is compared with), or sockets of
 * libc's, with the reason after a colon.
 */
export type Need = "root" | "fairlead" | `libc's sockets: ${string}` | (string & {});

/**
 * Declares a test that needs things of the machine.
 *
 * Where one is missing the test is skipped and says so on stderr; with CI=true it fails instead.
 */
export function testWith(needs: readonly Need[], name: string, body: () => Promise<void>, timeoutMs = 60_000): void {
  declareWith(test, needs, name, body, timeoutMs);
}

/** As `testWith`, for one that does little but wait: it runs beside those of its kind that stand next to it. */
export function waitingTestWith(
  needs: readonly Need[],
  name: string,
  body: () => Promise<void>,
  timeoutMs = 60_000,
): void {
  declareWith(test.concurrent, needs, name, body, timeoutMs);
}

function declareWith(
  declare: typeof test.concurrent,
  needs: readonly Need[],
  name: string,
  body: () => Promise<void>,
  timeoutMs: number,
): void {
  const missing = needs.filter((need) => !has(need));
  if (missing.length === 0) return declare(name, body, timeoutMs);
  const why = `${name}: needs ${missing.join(", ")}`;
  // Comparing with HAProxy by hand is no gap in the tests, nor is what has run over the other sockets.
  if (isStrict && !missing.every((need) => need === "fairlead" || isOfLibc(need))) {
    return test(name, () => {
      throw new Error(why);
    });
  }
  process.stderr.write(`\n!!! SKIPPED ${why}\n`);
  test.skip(name, body);
}

function has(need: Need): boolean {
  if (need === "root") return process.getuid?.() === 0;
  if (need === "fairlead") return process.env["FORWARDER"] !== "haproxy";
  if (isOfLibc(need)) return !isNoEpoll;
  if (need.startsWith("/")) return existsSync(need);
  return Bun.which(need, { PATH: path }) !== null;
}

function isOfLibc(need: Need): boolean {
  return need.startsWith("libc's sockets: ");
}

/** A command's whole path; throws when it is missing. */
export function commandPath(name: string): string {
  const found = Bun.which(name, { PATH: path });
  if (found === null) throw new Error(`${name} is not installed`);
  return found;
}

/** A folder that is gone with the block that made it. Short, because the paths of unix sockets must be. */
export function scratch(): Disposable & { readonly path: string; file(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), "fl-"));
  return {
    path: folder,
    file: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
}

/** Runs a command to its end, whatever its exit code. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = Bun.spawn([...command], {
    stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
    stdout: "pipe",
    stderr: "pipe",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...environment, ...options.env },
    timeout: options.timeoutMs ?? 120_000,
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** Runs a command that must succeed; what it printed on stdout. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(command, options);
  if (ran.code !== 0) throw new Error(`${command.join(" ")} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** A port that nobody holds now. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    // Below those that the kernel gives connections and listeners by itself, so that nobody comes by it meanwhile.
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) =>
      server.once("error", () => resolve(false)).listen(port, host, () => resolve(true)),
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error("no free port");
}

/** Several of them, no two the same. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count && tries < 100 * count; tries++) ports.add(await freePort());
  return [...ports];
}

/** Waits for a condition; throws with `what` and what was last seen when it does not come true in time, also where it never answers. */
export async function waitUntil<Value>(
  what: string,
  condition: () => Promise<Value | null | false> | Value | null | false,
  timeoutMs = 15_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = null;
  do {
    try {
      const value = await within(condition(), deadline - performance.now());
      if (value !== null && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await Bun.sleep(15);
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms in vain for: ${what} (last: ${String(last)})`);
}

/** What an answer is, unless it takes longer. */
async function within<Value>(answer: Promise<Value> | Value, ms: number): Promise<Value> {
  if (!(answer instanceof Promise)) return answer;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no answer")), Math.max(ms, 0));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lines as they come out of a stream; `text` is everything so far. */
export class Lines {
  text = "";
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.text += decoder.decode(chunk, { stream: true });
  }

  get all(): readonly string[] {
    return this.text.split("\n").filter(Boolean);
  }

  /** Waits for a line that matches. */
  async find(pattern: RegExp, timeoutMs = 15_000): Promise<string> {
    try {
      return await waitUntil(String(pattern), () => this.all.find((line) => pattern.test(line)) ?? null, timeoutMs);
    } catch (error) {
      throw new Error(`${(error as Error).message}; it said:\n${this.text}`, { cause: error });
    }
  }
}

/** A process that ends with the block that started it. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly exited: Promise<number>;
  /** Why it ended, when by a signal. */
  readonly signal: NodeJS.Signals | number | null;
  write(text: string): void;
  endInput(): void;
  kill(signal?: NodeJS.Signals): void;
}

/** Starts a command that goes on running; its streams are collected. */
export function start(command: readonly string[], options: RunOptions = {}): Running {
  const child = Bun.spawn([...command], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...environment, ...options.env },
  });
  return {
    pid: child.pid,
    stdout: new Lines(child.stdout),
    stderr: new Lines(child.stderr),
    exited: child.exited,
    get signal() {
      return child.signalCode;
    },
    write(text) {
      child.stdin.write(text);
      void child.stdin.flush();
    },
    endInput: () => void child.stdin.end(),
    kill: (signal = "SIGTERM") => child.kill(signal),
    async [Symbol.asyncDispose]() {
      // A worker would outlive its master.
      const workers = childrenOf(child.pid);
      child.kill("SIGKILL");
      for (const worker of workers) endNow(worker);
      await child.exited;
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
