/** Giving up what is under way: what AbortController does, without the runtime's objects, which cost more than a check. */

/** Whoever can be told to give up. */
export interface Cancellable {
  cancel(): void;
}

/** One undertaking, given up or not. */
export class Abort {
  #isAborted = false;
  #running: Cancellable | null = null;

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Who is told when it is given up, in place of whoever was before; at once if it has been already. Null: nobody. */
  set running(running: Cancellable | null) {
    this.#running = running;
    if (this.#isAborted) running?.cancel();
  }

  /** Idempotent. */
  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#running?.cancel();
  }
}
