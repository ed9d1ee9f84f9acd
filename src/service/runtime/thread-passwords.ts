/** Passwords reckoned in a thread of this process: whatever one costs, sessions go on. */
import type { Worker } from "node:worker_threads";
import { openSpareThreads, workerThreads } from "../../system/spare-threads.ts";
import { deferred, type Deferred } from "../../deferred.ts";
import type { PasswordAnswer, PasswordQuestion, PasswordThreadData } from "./password-port.ts";
import { openPasswordCheck, type PasswordCheck } from "./passwords.ts";

/** Whether a password is the hashed one. Rejects where that cannot be told. One question at a time. */
export type Verify = (password: string, hashed: string) => Promise<boolean>;

/** The program of the thread; the bundle for Node and Deno is one file, which is the thread's as well. */
export function passwordThreadFile(): URL {
  return new URL(import.meta.url.endsWith(".mjs") ? import.meta.url : "./password-thread.ts", import.meta.url);
}

/**
 * The thread begins with the first question, and stays. Where none can be had, this one reckons.
 *
 * `findCrypt`: where the system's function is; null: nowhere. `room`: how many threads more there may be.
 */
export function threadPasswords(
  findCrypt: () => Promise<number | null>,
  file: URL = passwordThreadFile(),
  room: () => number = openSpareThreads(),
): Verify {
  let thread: PasswordThread | null = null;
  let here: Promise<PasswordCheck> | null = null;
  return async (password, hashed) => {
    if (thread?.isAlive !== true) {
      thread = room() < workerThreads ? null : await startThread(file, { cryptAddress: await findCrypt() });
    }
    if (thread !== null) return thread.ask({ password, hashed });
    here ??= findCrypt().then((address) => openPasswordCheck(address));
    return (await here).isPassword(password, hashed);
  };
}

/** Null: there is none to be had. */
async function startThread(file: URL, workerData: PasswordThreadData): Promise<PasswordThread | null> {
  try {
    const threads = await import("node:worker_threads");
    return new PasswordThread(new threads.Worker(file, { workerData }));
  } catch {
    return null;
  }
}

class PasswordThread {
  isAlive = true;
  readonly #worker: Worker;
  #asked: Deferred<PasswordAnswer> | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    // It never keeps a process that has nothing else to do.
    worker.unref();
    worker.on("message", (answer: PasswordAnswer) => this.#asked?.resolve(answer));
    worker.on("error", (error: unknown) => this.#die(error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#die(`it ended with ${code}`));
  }

  #die(reason: string): void {
    this.isAlive = false;
    this.#asked?.reject(new Error(`the thread for passwords: ${reason}`));
  }

  async ask(question: PasswordQuestion): Promise<boolean> {
    const asked = deferred<PasswordAnswer>();
    this.#asked = asked;
    this.#worker.postMessage(question);
    const answer = await asked.promise;
    if (answer === null) throw new Error("it is in a form that cannot be reckoned here");
    return answer;
  }
}
