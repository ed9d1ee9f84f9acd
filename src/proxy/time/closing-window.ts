/** When a process that stops, or runs another plan, lets clients of `mode http` go. */
import { clockMs } from "../../clock.ts";

/** From now on: at once, or at random times within `close-spread-time`. */
export class ClosingWindow {
  readonly #until: number;

  /** `spreadMs`: 0: at once; Infinity: nobody is let go, clients leave by themselves. */
  constructor(readonly spreadMs: number) {
    this.#until = clockMs() + spreadMs;
  }

  /** Monotonic ms: when a client of now is let go. Another one each time. */
  leavesAt(): number {
    if (this.spreadMs === Infinity) return Infinity;
    const now = clockMs();
    return now + Math.random() * Math.max(0, this.#until - now);
  }
}
