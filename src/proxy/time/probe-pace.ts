/** How often one server may be probed, whoever probes it. */

/** Between two probes of a server. */
export const probePaceMs = 2000;

/**
 * Keeps connections to one server apart that speak SSH to it and never log in.
 *
 * OpenSSH from 9.8 on counts a second against an address for each of them (PerSourcePenalties, `noauth`), and refuses it once fifteen
 * have come together: one in two seconds never gets there. Whoever probes asks first and then says that it does. Times are monotonic.
 */
export class ProbePace {
  #nextAt = -Infinity;

  /** How long to wait before the next probe, in ms; 0: it may begin. */
  waitMs(now: number): number {
    return Math.max(0, this.#nextAt - now);
  }

  /** A probe begins. */
  begin(now: number): void {
    this.rest(now, probePaceMs);
  }

  /** The server wants to be left alone for a while. */
  rest(now: number, ms: number): void {
    this.#nextAt = Math.max(this.#nextAt, now + ms);
  }
}
