/** One server's health as checks see it: HAProxy's counter from 0 (down) to rise + fall - 1 (fully up). */

/** Times between two checks, in ms; 0 for `fastInterMs` and `downInterMs` stands for `interMs`. */
export interface CheckIntervals {
  readonly interMs: number;
  readonly fastInterMs: number;
  readonly downInterMs: number;
}

/** What one result changed: whether the counter moved at all, and whether it crossed the line. */
export interface HealthStep {
  readonly moved: boolean;
  readonly crossed: "up" | "down" | null;
}

/**
 * Folds check results into a server's health.
 *
 * Only a run of equal results counts: one success wipes the failures seen so far, and one failure while down wipes the
 * successes, as `fall` and `rise` promise. Takes no clock, so a test can replay a history. A server starts up, but so that
 * the first failed check takes it down (HAProxy does the same).
 */
export class Health {
  #value: number;

  constructor(
    readonly rise: number,
    readonly fall: number,
  ) {
    this.#value = rise;
  }

  /** 0 to rise + fall - 1. */
  get value(): number {
    return this.#value;
  }

  get isUp(): boolean {
    return this.#value >= this.rise;
  }

  /** Neither fully up nor fully down: `fastinter` applies. */
  get isInTransition(): boolean {
    return this.#value !== 0 && this.#value !== this.#top;
  }

  /** As log lines and pages show it: `count` of `of` towards falling when up, towards rising when down. */
  get shown(): { readonly count: number; readonly of: number } {
    return this.isUp ? { count: this.#value - this.rise + 1, of: this.fall } : { count: this.#value, of: this.rise };
  }

  /** Folds one result. */
  fold(passed: boolean): HealthStep {
    const before = this.#value;
    if (passed) {
      const next = Math.min(before + 1, this.#top);
      this.#value = next >= this.rise ? this.#top : next;
    } else {
      const next = Math.max(before - 1, 0);
      this.#value = next < this.rise ? 0 : next;
    }
    const wasUp = before >= this.rise;
    return { moved: this.#value !== before, crossed: wasUp === this.isUp ? null : this.isUp ? "up" : "down" };
  }

  /** Fully up at once: an operator's word, an agent's `up`. Tells whether it was down. */
  forceUp(): boolean {
    const changed = !this.isUp;
    this.#value = this.#top;
    return changed;
  }

  /** Fully down at once: an operator's word, `on-error mark-down`, an agent's `down`. Tells whether it was up. */
  forceDown(): boolean {
    const changed = this.isUp;
    this.#value = 0;
    return changed;
  }

  /** `on-error sudden-death`: one failure from the last one that it may have. No effect where it is nearer, or down. */
  weaken(): void {
    this.#value = Math.min(this.#value, this.rise + 1);
  }

  /** Starts over with the value of a state file or of the same server before a reload; out of range is cut. */
  restore(value: number): void {
    this.#value = Math.max(0, Math.min(value, this.#top));
  }

  /** Goes on from `former`, of the same server under another plan: as near to turning, or fully up if it was. */
  succeed(former: Health): void {
    if (!former.isUp) this.#value = Math.min(former.#value, this.rise - 1);
    else if (former.#value === former.#top) this.#value = this.#top;
    else this.#value = Math.min(this.rise + former.#value - former.rise, this.#top);
  }

  /** The time until the next check. */
  intervalMs(times: CheckIntervals): number {
    if (this.#value === this.#top) return times.interMs;
    if (this.#value === 0) return times.downInterMs || times.interMs;
    return times.fastInterMs || times.interMs;
  }

  get #top(): number {
    return this.rise + this.fall - 1;
  }
}
