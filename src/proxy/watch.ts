/** Looks at slow sessions now and then, with one timer for all: a fast connect costs no timer of its own. */

/** Long enough that a connect on a healthy network is over, short enough that a client's leaving is told in time. */
const everyMs = 100;

/** Calls `look` once for each thing added, between one and two intervals later. */
export class Watch<T> {
  #young: T[] = [];
  #old: T[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly look: (one: T) => void) {}

  add(one: T): void {
    this.#young.push(one);
    if (this.#timer === null) this.#timer = setTimeout(() => this.#turn(), everyMs);
  }

  #turn(): void {
    const seen = this.#old;
    this.#old = this.#young;
    this.#young = [];
    for (const one of seen) this.look(one);
    this.#timer = this.#old.length > 0 ? setTimeout(() => this.#turn(), everyMs) : null;
  }
}
