/** Looks at slow sessions now and then, with one timer for all: a fast connect costs no timer of its own. */

import { type Membership, Roster } from "../../roster.ts";

/** Long enough that a connect on a healthy network is over, short enough that a client's leaving is told in time. */
const everyMs = 100;

/** `look` must not throw, and is called once for each thing that was added and has not left, between one and two intervals later. */
export class SlowConnects<T> {
  #young = new Roster<T>();
  #old = new Roster<T>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly look: (one: T) => void) {}

  /** Whoever turns out not to be slow leaves: nothing keeps it here for as long as the slow ones take. */
  add(one: T): Membership<T> {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#turn(), everyMs);
    return this.#young.add(one);
  }

  #turn(): void {
    const seen = this.#old;
    this.#old = this.#young;
    this.#young = new Roster();
    // First, for whatever `look` does must not end the turns.
    this.#timer = this.#old.size > 0 ? setTimeout(() => this.#turn(), everyMs) : null;
    for (const one of seen) this.look(one);
  }
}
