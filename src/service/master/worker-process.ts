/** One worker as its master sees it: a process of the same program, and the channel to it. */
import { clockMs } from "../../clock.ts";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { SOCK_SEQPACKET } from "../../net/libc/socket-calls.ts";
import { systemError } from "../../net/system-error.ts";
import { Channel, type ChannelSystem } from "./channel.ts";
import { workerVariable } from "./worker-start.ts";
import { readWorkerMessage, type WorkerMessage } from "./master-protocol.ts";

/** A worker says little at once. */
const messageLimitBytes = 1024 * 1024;

/** How a worker came to its end. */
export interface WorkerEnd {
  /** As a shell tells it: 128 and the signal's number for one that died by a signal. */
  readonly code: number;
  /** HAProxy's words: `Killed`, `Exit`. */
  readonly words: string;
}

/** Who hears of it. */
export interface WorkerHandler {
  heard(message: WorkerMessage): void;
  ended(end: WorkerEnd): void;
  /** It says what no worker says; it is killed. */
  mistrusted(reason: string): void;
}

export interface WorkerProcess {
  readonly pid: number;
  readonly startedAt: number;
  readonly channel: Channel;
  signal(signal: NodeJS.Signals): void;
}

/** What a worker is started with, beside what it is told. */
export interface WorkerInvocation {
  /** The name that it is run under. */
  readonly name: string;
  /** What stands between the executable and our own arguments. */
  readonly programWords: readonly string[];
  /** Descriptors above 2 that it finds under the same numbers. */
  readonly inherited: readonly number[];
}

/** Starts one. Throws when the system has no room for it. */
export function startWorker(
  system: ChannelSystem,
  invocation: WorkerInvocation,
  handler: WorkerHandler,
): WorkerProcess {
  const pair = system.calls.pair(SOCK_SEQPACKET);
  if (typeof pair === "number") throw systemError(-pair);
  const [ours, theirs] = pair;
  const fd = Math.max(2, ...invocation.inherited) + 1;
  const stdio = Array.from({ length: fd + 1 }, (_, at) =>
    at === fd ? theirs : at === 1 || at === 2 || invocation.inherited.includes(at) ? at : ("ignore" as const),
  );
  // The file that this process was started from may have another program in it by now, or be gone.
  const program = existsSync("/proc/self/exe") ? "/proc/self/exe" : process.execPath;
  const child = spawn(program, [...invocation.programWords, ...process.argv.slice(2)], {
    argv0: invocation.name,
    stdio,
    env: { ...process.env, [workerVariable]: String(fd) },
  });
  system.calls.close(theirs);
  const channel = new Channel(
    system,
    ours,
    {
      heard(message, fds) {
        // It has none that we could want.
        for (const one of fds) system.calls.close(one);
        const read = readWorkerMessage(message);
        if (read !== null) return handler.heard(read);
        handler.mistrusted(JSON.stringify(message).slice(0, 200));
        child.kill("SIGKILL");
      },
      ended: () => {},
    },
    messageLimitBytes,
  );
  let hasEnded = false;
  const end = (end: WorkerEnd): void => {
    if (hasEnded) return;
    hasEnded = true;
    // What it said last is still in the channel.
    channel.hearRest();
    channel.close();
    handler.ended(end);
  };
  child.on("error", (error) => end({ code: 1, words: error.message }));
  child.on("exit", (code, signal) => end(endOf(code, signal)));
  return {
    pid: child.pid ?? -1,
    startedAt: clockMs(),
    channel,
    signal: (signal) => void child.kill(signal),
  };
}

function endOf(code: number | null, signal: NodeJS.Signals | null): WorkerEnd {
  if (signal === null) return { code: code ?? 1, words: "Exit" };
  const words = signalWords.get(signal) ?? signal;
  return { code: 128 + constants.signals[signal], words };
}

/** strsignal(3). */
const signalWords = new Map<string, string>([
  ["SIGABRT", "Aborted"],
  ["SIGBUS", "Bus error"],
  ["SIGFPE", "Floating point exception"],
  ["SIGHUP", "Hangup"],
  ["SIGILL", "Illegal instruction"],
  ["SIGINT", "Interrupt"],
  ["SIGKILL", "Killed"],
  ["SIGPIPE", "Broken pipe"],
  ["SIGQUIT", "Quit"],
  ["SIGSEGV", "Segmentation fault"],
  ["SIGSYS", "Bad system call"],
  ["SIGTERM", "Terminated"],
  ["SIGTRAP", "Trace/breakpoint trap"],
  ["SIGUSR1", "User defined signal 1"],
  ["SIGUSR2", "User defined signal 2"],
  ["SIGXCPU", "CPU time limit exceeded"],
]);
