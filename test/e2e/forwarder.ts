/** The program under test as a process: started with a configuration, watched, and looked over when a test is done. */
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { commandPath, freePort, isNoEpoll, must, type Running, scratch, start, waitUntil } from "./harness.ts";

/** FORWARDER=haproxy runs the same tests through HAProxy, which shows that it is the tests that are right. */
export const isHaproxy = process.env["FORWARDER"] === "haproxy";

const built = join(import.meta.dir, "../../dist/bin/fairlead");

/** The binary under test, or with FORWARDER="node dist/bin/fairlead.mjs" a launcher of these words. */
export const binary = isHaproxy
  ? commandPath("haproxy")
  : (launcher(process.env["FORWARDER"] ?? (isNoEpoll ? built : undefined)) ?? built);

/** A file that becomes the command when it is run; null for no words. It lies beside the tests' other files, and is gone with them. */
function launcher(words: string | undefined): string | null {
  if (words === undefined) return null;
  const [first = "", ...rest] = words.split(" ");
  const whole = [existsSync(first) ? resolve(first) : commandPath(first)];
  for (const word of rest) whole.push(existsSync(word) ? resolve(word) : word);
  const folder = scratch();
  // Users without rights run it, too.
  chmodSync(folder.path, 0o755);
  const file = folder.file("fairlead");
  const command = `exec ${whole.map((one) => `'${one}'`).join(" ")}`;
  const noEpoll = `case "$1" in -*) ${command} -de "$@" ;; forward) ${command} "$@" -de ;; esac\n`;
  writeFileSync(file, `#!/bin/sh\n${isNoEpoll ? noEpoll : ""}${command} "$@"\n`, { mode: 0o755 });
  process.on("exit", () => folder[Symbol.dispose]());
  return file;
}

/** Timeouts for tests that are about something else; log lines to stdout. */
export const plainDefaults = `defaults
    mode tcp
    log global
    option tcplog
    timeout connect 5s
    timeout client 10m
    timeout server 10m
`;

export interface ForwarderOptions {
  /** Added to `global`; the log to stdout is there already. */
  readonly global?: string;
  /** The configuration as it stands, in place of global and defaults; the log is then the test's own business. */
  readonly whole?: boolean;
  /** Words in front of the command: another namespace, a limit. */
  readonly prefix?: readonly string[];
  readonly arguments?: readonly string[];
  readonly env?: Record<string, string>;
  /** In place of `-f FILE`, for commands that need no file. */
  readonly command?: readonly string[];
}

/** A forwarder that runs. `process.stdout` has its access log, one line a session. */
export interface Forwarder extends AsyncDisposable {
  readonly process: Running;
  readonly pid: number;
  readonly file: string;
  /** Where the health endpoint listens. */
  readonly health: string;
  /** Sessions now, over all frontends. */
  sessions(): Promise<number>;
  /** The next access log line that matches. */
  line(pattern: RegExp): Promise<string>;
  /** Body of a page of the health endpoint, and its status. */
  page(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** Fails unless every gauge comes back to zero and no socket is left open, but for those of the log's targets. */
  expectQuiet(logSockets?: number): Promise<void>;
}

/** Starts the forwarder with these sections and waits until it serves. */
export async function startForwarder(sections: string, options: ForwarderOptions = {}): Promise<Forwarder> {
  const folder = scratch();
  const file = folder.file("forward.cfg");
  const socket = folder.file("admin");
  const prefix = options.prefix ?? [];
  const health = `127.0.0.1:${await freePort()}`;
  const admin = isHaproxy ? `    stats socket ${socket} level admin\n` : "";
  const text = options.whole
    ? sections + (isHaproxy ? `global\n${admin}` : "")
    : `global\n    log stdout format raw local0\n${admin}${options.global ?? ""}\n${plainDefaults}${sections}`;
  writeFileSync(file, text);
  const words = options.command ?? ["-f", file, ...(options.arguments ?? [])];
  const command = [...prefix, binary, ...words, ...(isHaproxy ? ["-db"] : ["--health", health])];
  const running = start(command, options.env === undefined ? {} : { env: options.env });

  async function page(path: string): Promise<{ status: number; body: string }> {
    const out = await must([...prefix, "curl", "-s", "-m", "5", "-w", "\n%{http_code}", `http://${health}${path}`]);
    const end = out.lastIndexOf("\n");
    return { status: Number(out.slice(end + 1)), body: out.slice(0, end) };
  }

  const look = isHaproxy ? () => haproxyGauges(socket) : async () => gaugesOf((await page("/metrics")).body);
  const dispose = async (): Promise<void> => {
    await running[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    const ended = running.exited.then((code) => {
      throw new Error(`it ended with ${code}`);
    });
    ended.catch(() => undefined);
    await Promise.race([
      waitUntil("it serves", async () => (isHaproxy ? await look() : (await page("/healthz")).status === 200)),
      ended,
    ]);
  } catch (error) {
    await dispose();
    const said = running.stderr.text + running.stdout.text;
    throw new Error(`${command.join(" ")}: ${(error as Error).message}\n${said}\n--- ${file}\n${text}`, {
      cause: error,
    });
  }

  // nsenter, prlimit and `sh -c exec` become the command that follows them.
  const { pid } = running;
  const before = descriptors(pid);
  return {
    process: running,
    pid,
    file,
    health,
    page,
    sessions: async () => (await look())["frontend_sessions"] ?? 0,
    line: (pattern) => running.stdout.find(pattern),
    async expectQuiet(logSockets = 0) {
      await waitUntil(`all gauges at zero, ${JSON.stringify(before)} left open`, async () => {
        const gauges = await look();
        const raised = Object.entries(gauges).filter(([, value]) => value !== 0);
        const now = descriptors(pid);
        const isQuiet =
          raised.length === 0 && now.sockets <= before.sockets + logSockets && now.others <= before.others + keptPipes;
        if (isQuiet) return true;
        throw new Error(`${JSON.stringify(raised)}, ${JSON.stringify(now)}`);
      });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Pipes of the zero-copy relay are kept for the next session, two descriptors each and a bounded number of them. */
const keptPipes = 2 * 2 * 32;

/** What is open in a process: sockets, and everything else. */
export function descriptors(pid: number): { sockets: number; others: number } {
  const links = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return "";
    }
  });
  const sockets = links.filter((link) => link.startsWith("socket:")).length;
  return { sockets, others: links.filter((link) => link !== "").length - sockets };
}

/** Seconds of processor time that a process has used so far. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
}

/** Current sessions and queues by kind, out of Prometheus text. */
function gaugesOf(text: string): Record<string, number> {
  const gauges: Record<string, number> = {};
  for (const [, name, value] of text.matchAll(
    /^haproxy_((?:frontend|backend|server)_current_(?:sessions|queue)|process_current_zlib_memory)(?:\{[^}]*\})? ([\d.e+]+)$/gm,
  )) {
    const short = (name ?? "").replace("current_", "");
    gauges[short] = (gauges[short] ?? 0) + Number(value);
  }
  if (gauges["frontend_sessions"] === undefined) throw new Error(`no gauges in:\n${text.slice(0, 2000)}`);
  return gauges;
}

/** The same out of HAProxy's own statistics. */
async function haproxyGauges(socket: string): Promise<Record<string, number>> {
  const text = await ask(socket, "show stat\n");
  const gauges: Record<string, number> = { frontend_sessions: 0 };
  for (const line of text.split("\n").slice(1).filter(Boolean)) {
    const [, name = "", queued, , current] = line.split(",");
    const kind = name === "FRONTEND" || name === "BACKEND" ? name.toLowerCase() : "server";
    gauges[`${kind}_sessions`] = (gauges[`${kind}_sessions`] ?? 0) + Number(current);
    if (queued !== "") gauges[`${kind}_queue`] = (gauges[`${kind}_queue`] ?? 0) + Number(queued);
  }
  return gauges;
}

/** One command over a unix socket; the whole reply. */
function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect(path, () => socket.write(command));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (reply += text));
    socket.on("end", () => resolve(reply));
    socket.on("error", reject);
  });
}
