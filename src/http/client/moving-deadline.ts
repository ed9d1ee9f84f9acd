/** A time-out whose end moves with what comes: set once for the nearest, and asked anew when that has come. */
import { clockMs } from "../../clock.ts";
import { type Deadline, type Expiring, expireAfter, expireIn } from "../../net/deadlines.ts";

/** Whose time it is. */
export interface Timed {
  /** Monotonic ms; Infinity: it has all the time there is. */
  readonly deadlineAt: number;
  /** Its time is over. Never throws. */
  timedOut(now: number): void;
}

export class MovingDeadline implements Expiring {
  readonly #timed: Timed;
  #timer: Deadline | null = null;
  #at = Infinity;

  constructor(timed: Timed) {
    this.#timed = timed;
  }

  /** The end may be nearer than it was. One that is further away is seen once the nearer one has come. */
  arm(): void {
    const at = this.#timed.deadlineAt;
    if (at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    this.#timer = expireAfter(at - clockMs(), this);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Expiring. */
  expire(): void {
    this.#timer = null;
    this.#at = Infinity;
    const now = clockMs();
    const at = this.#timed.deadlineAt;
    if (at <= now) return this.#timed.timedOut(now);
    if (at === Infinity) return;
    this.#at = at;
    this.#timer = expireIn(at - now, this);
  }
}
