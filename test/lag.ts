/** How late timers are: on a machine that is busy with other things whatever is timed comes late as well. */

/** Looks at its own timer until it is disposed. */
export interface Lag extends Disposable {
  /** The longest that a timer was late so far, in ms. */
  readonly worstMs: number;
}

export function watchLag(): Lag {
  const everyMs = 10;
  let worstMs = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    worstMs = Math.max(worstMs, now - last - everyMs);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  return {
    get worstMs() {
      // One that is late now has not come yet.
      return Math.max(worstMs, performance.now() - last - everyMs);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** So late are timers on a machine that has nothing else to do, with some to spare. */
const quietMs = 20;

/**
 * Runs what compares instants, again when it failed while timers were late: then it may have been the machine that was.
 *
 * On a quiet machine the first failure counts. `attempt` allows for the lag it is given, and begins from nothing each time.
 */
export async function timed<Value>(attempt: (lag: Lag) => Promise<Value>, attempts = 5): Promise<Value> {
  for (let left = attempts - 1; ; left--) {
    using lag = watchLag();
    try {
      return await attempt(lag);
    } catch (error) {
      if (left === 0 || lag.worstMs < quietMs) throw error;
    }
  }
}
