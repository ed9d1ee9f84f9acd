/** Loading in a thread of this process: whatever it costs, sessions go on. */
import type { Worker } from "node:worker_threads";
import { spareThreads, workerThreads } from "../../system/spare-threads.ts";
import { load, type LoadMessage, type LoadRequest } from "./load.ts";

/** Where loading happens: asked for a configuration, it tells what `load` tells. Throws when it breaks off. */
export type Loader = (request: LoadRequest) => AsyncIterable<LoadMessage>;

/** Names may take their time, and large files; but a file that never ends (a pipe) must not hold up the next reload for ever. */
const longestSilenceMs = 180_000;

/** What the runtime needs for reading files. */
const leastThreads = 2;

/** As a service loads. */
export const loadInThread: Loader = openThreadLoader(longestSilenceMs, threadFile());

/**
 * Each load has a thread of its own, which gives everything back when it ends. Where none can be had, this one loads.
 *
 * `silenceMs`: how long the thread may be busy with one message. `file`: the thread's program. `room`: how many threads more there
 * may be.
 */
export function openThreadLoader(silenceMs: number, file: URL, room: () => number = spareThreads): Loader {
  return async function* (request) {
    const more = room();
    if (more < workerThreads) {
      yield* loadHere(request, more);
      return;
    }
    let thread: Worker;
    try {
      const threads = await import("node:worker_threads");
      thread = new threads.Worker(file, { workerData: request });
    } catch {
      yield* load(request);
      return;
    }
    const next = mailbox(thread, silenceMs);
    try {
      for (let message: LoadMessage | null = null; message?.kind !== "end";) {
        message = await next();
        yield message;
      }
    } finally {
      // One that waits for the system for ever cannot be ended: nobody waits for it.
      void thread.terminate();
    }
  };
}

/** Where the system has no room for a thread and what it needs. Even this takes one for reading files. */
async function* loadHere(request: LoadRequest, room: number): AsyncIterable<LoadMessage> {
  const why = "The limit on processes (TasksMax=, LimitNPROC=, ulimit -u) has no room for a thread to load in";
  if (room < leastThreads) {
    yield { kind: "say", as: "alert", text: `${why}, nor for one to read files with: nothing is loaded.` };
    yield { kind: "end", refused: true };
    return;
  }
  yield { kind: "say", as: "notice", text: `${why}: nothing else goes on until all is read.` };
  yield* load(request);
}

/** Asks the thread for its next message. Rejects when it has died or does not answer. */
function mailbox(thread: Worker, silenceMs: number): () => Promise<LoadMessage> {
  let settle: { resolve(message: LoadMessage): void; reject(error: Error): void } | null = null;
  let dead: Error | null = null;
  const die = (reason: string): void => {
    dead ??= new Error(reason);
    settle?.reject(dead);
  };
  thread.on("message", (message: LoadMessage) => settle?.resolve(message));
  thread.on("error", (error: unknown) => die(error instanceof Error ? error.message : String(error)));
  thread.on("exit", (code) => die(`the thread ended with ${code}`));
  return async () => {
    if (dead !== null) throw dead;
    const answer = new Promise<LoadMessage>((resolve, reject) => (settle = { resolve, reject }));
    const timer = setTimeout(() => die(`nothing came for ${silenceMs / 1000} s`), silenceMs);
    thread.postMessage(null);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The bundle for Node and Deno is one file, which is the thread's as well. */
export function threadFile(): URL {
  return new URL(import.meta.url.endsWith(".mjs") ? import.meta.url : "./load-thread.ts", import.meta.url);
}
