/** Keeps byte counters (of stick tables, and with `option contstats` all) current while long sessions run, with one timer for all. */

import { type Membership, Roster } from "../../roster.ts";

/** Often enough for rates over a second, rare enough to cost nothing. */
const everyMs = 500;

/** A session whose bytes somebody wants to know of before its end. */
export interface Counting {
  /** Adds what has been moved since the last time. Never throws. */
  countBytes(): void;
}

/** The sessions whose bytes are counted as they go. */
export class LiveBytes {
  readonly #sessions = new Roster<Counting>();
  #timer: ReturnType<typeof setInterval> | null = null;

  add(session: Counting): Membership<Counting> {
    this.#timer ??= setInterval(() => this.#count(), everyMs);
    return this.#sessions.add(session);
  }

  /** The timer goes when it finds nobody left, not with the last session: where they are short the next is about to come. */
  #count(): void {
    for (const one of this.#sessions) one.countBytes();
    if (this.#sessions.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
