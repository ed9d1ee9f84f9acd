/** How much of a processor the process takes, as of late. */

/** Shorter stretches say too little. */
const stretchMs = 1000;

/**
 * What was used since it was asked before, if that was a second ago or more; else as it was then. All threads count, so that it may be
 * more than 100.
 */
export class ProcessorUse {
  #at = -1;
  #usedMicros = 0;
  #percent = 0;

  /** `used`: what the process has taken so far, in microseconds. */
  constructor(readonly used: () => number = usedMicros) {}

  /** In whole per cent of one processor; 0 at first. `now`: monotonic ms. */
  percent(now: number): number {
    if (this.#at >= 0 && now - this.#at < stretchMs) return this.#percent;
    const used = this.used();
    if (this.#at >= 0) this.#percent = Math.floor((used - this.#usedMicros) / ((now - this.#at) * 10));
    this.#at = now;
    this.#usedMicros = used;
    return this.#percent;
  }
}

function usedMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
