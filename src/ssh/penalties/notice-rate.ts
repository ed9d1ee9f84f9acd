/** How often the log tells of penalties: many sources may come to be kept out at once. */

const periodMs = 60_000;
const mostAtOnce = 10;

/** Lets so many pass a minute, and counts the others. */
export class NoticeRate {
  #begunAt = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  /** Null: it is not told. Else how many were not since the last that was. */
  ask(now: number): number | null {
    if (now - this.#begunAt >= periodMs) {
      this.#begunAt = now;
      this.#told = 0;
    }
    if (this.#told >= mostAtOnce) {
      this.#untold += 1;
      return null;
    }
    this.#told += 1;
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
