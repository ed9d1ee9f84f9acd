/** Looks at slow sessions now and then, with one timer for all: a fast connect costs no timer of its own. */

/** Long enough that a connect on a healthy network is over, short enough that a client's leaving is told in time. */
const everyMs = 100;

/** `look` must not throw, and is called once for each thing that was added and not deleted, between one and two intervals later. */
export class SlowConnects<T> {
  #young = new Set<T>();
  #old = new Set<T>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly look: (one: T) => void) {}

  add(one: T): void {
    this.#young.add(one);
    if (this.#timer === null) this.#timer = setTimeout(() => this.#turn(), everyMs);
  }

  /** It was not slow: nothing keeps it here for as long as the slow ones take. */
  delete(one: T): void {
    if (!this.#young.delete(one)) this.#old.delete(one);
  }

  #turn(): void {
    const seen = this.#old;
    this.#old = this.#young;
    this.#young = new Set();
    // First, for whatever `look` does must not end the turns.
    this.#timer = this.#old.size > 0 ? setTimeout(() => this.#turn(), everyMs) : null;
    for (const one of seen) this.look(one);
  }
}
