/** Who may connect now: one after the other to the servers of one backend, and few at once to all. */

/** Connections that there may be at once, to whomever. */
const mostAtOnce = 4;

interface Lane {
  isBusy: boolean;
  readonly waiting: ((leave: () => void) => void)[];
}

/** One per process. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #busy = 0;

  /** Settles when it is one's turn in that lane; what it gives is called when that is over. */
  take(name: string): Promise<() => void> {
    let lane = this.#lanes.get(name);
    if (lane === undefined) this.#lanes.set(name, (lane = { isBusy: false, waiting: [] }));
    const { waiting } = lane;
    return new Promise((resolve) => {
      waiting.push(resolve);
      this.#go();
    });
  }

  #go(): void {
    for (const [name, lane] of this.#lanes) {
      if (this.#busy >= mostAtOnce) return;
      if (lane.isBusy) continue;
      const next = lane.waiting.shift();
      if (next === undefined) {
        this.#lanes.delete(name);
        continue;
      }
      lane.isBusy = true;
      this.#busy += 1;
      next(this.#leaving(name, lane));
    }
  }

  #leaving(name: string, lane: Lane): () => void {
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      lane.isBusy = false;
      this.#busy -= 1;
      // Behind those of other backends.
      this.#lanes.delete(name);
      if (lane.waiting.length > 0) this.#lanes.set(name, lane);
      this.#go();
    };
  }
}
