/** Events per second over a sliding second, as HAProxy's rate limits and `rate` columns measure them. */

const periodMs = 1000;

/**
 * Counts events in windows of one second and weighs the former window by what is left of it.
 *
 * The caller passes the clock (any monotonic ms), so that a test can replay a history.
 */
export class Rate {
  #startedAt = 0;
  #current = 0;
  #previous = 0;
  /** The highest `read` seen at an `add`. */
  max = 0;

  /** Counts one event, or so many, and returns the rate with it. */
  add(now: number, count = 1): number {
    this.#rotate(now);
    this.#current += count;
    const rate = this.#previous === 0 ? this.#current : this.read(now);
    if (rate > this.max) this.max = rate;
    return rate;
  }

  /** Events over the last second. A single event in the former window counts whole, or slow rates would read 0. */
  read(now: number): number {
    this.#rotate(now);
    if (this.#previous <= 1 && this.#current === 0) return this.#previous;
    return this.#current + Math.floor((this.#previous * this.#left(now)) / periodMs);
  }

  /** Milliseconds until one more event stays within `limit` per second; 0: now. `limit` 0 is no limit. */
  waitMs(now: number, limit: number): number {
    if (limit <= 0) return 0;
    this.#rotate(now);
    const left = this.#left(now);
    const rate = this.#current + Math.floor((this.#previous * left) / periodMs);
    if (rate < limit) return 0;
    if (this.#current >= limit) return Math.max(1, left);
    const surplus = rate - limit + 1;
    return Math.max(1, Math.min(left, Math.ceil((surplus * periodMs) / Math.max(1, this.#previous))));
  }

  /** Forgets the highest rate (`clear counters`). */
  clearMax(): void {
    this.max = 0;
  }

  #left(now: number): number {
    return Math.max(0, this.#startedAt + periodMs - now);
  }

  #rotate(now: number): void {
    const age = now - this.#startedAt;
    if (age < periodMs) return;
    this.#previous = age < 2 * periodMs ? this.#current : 0;
    this.#current = 0;
    this.#startedAt = age < 2 * periodMs ? this.#startedAt + periodMs : now;
  }
}
