/** One server's health checks, and when each one runs. */
import type { SocketAddress } from "../../address.ts";
import { RepeatedCheck } from "./repeated-check.ts";
import type { Abort } from "./run/abort.ts";
import type { CheckOutcome } from "./run/outcome.ts";
import { type CheckHandler, type CheckOptions, runCheck } from "./run/run-check.ts";

/** What the checks of one server need to know. */
export interface CheckScheduleOptions extends CheckOptions {
  /** `spread-checks`. */
  readonly spreadPercent: number;
  /** Where the server's own connections go now; null: nowhere (no address, maintenance), and the check is left out. */
  readonly address: () => SocketAddress | null;
  /** Until the next check, without spread: see `Health.intervalMs`. */
  readonly intervalMs: () => number;
  /** Gets each check's end, but none after `stop`. */
  readonly report: (outcome: CheckOutcome) => void;
}

/**
 * When a process's first check of a server is due after start, in ms.
 *
 * HAProxy spreads the first checks of all servers evenly over the shortest interval of at least a second; `position` counts
 * from 0 over all `count` checks (agents are checks too). `maxSpreadMs` 0: no limit.
 */
export function firstCheckDelayMs(
  shortestMs: number,
  ownMs: number,
  maxSpreadMs: number,
  position: number,
  count: number,
): number {
  const span = Math.max(shortestMs, ownMs);
  const limited = maxSpreadMs > 0 ? Math.min(span, maxSpreadMs) : span;
  return Math.floor((limited * position) / Math.max(1, count));
}

/** A timer that is set for longer comes at once. */
const longestMs = 2_147_483_647;

/** An interval moved at random by up to `percent` of itself, either way. */
export function spread(intervalMs: number, percent: number): number {
  if (percent <= 0) return intervalMs;
  const range = (intervalMs * percent) / 100;
  return Math.min(longestMs, Math.max(1, Math.round(intervalMs + range - 2 * range * Math.random())));
}

/** Checks one server again and again between `start` and `stop`. */
export class CheckSchedule extends RepeatedCheck<CheckOutcome> implements CheckHandler {
  #last: CheckOutcome | null = null;

  constructor(private readonly options: CheckScheduleOptions) {
    super();
  }

  /** The latest check's end. */
  get last(): CheckOutcome | null {
    return this.#last;
  }

  protected ask(abort: Abort): boolean {
    const address = this.options.address();
    if (address !== null) runCheck(this.options, address, abort, this);
    return address !== null;
  }

  /** CheckHandler. */
  checked(abort: Abort, outcome: CheckOutcome): void {
    this.settle(abort, outcome);
  }

  protected report(outcome: CheckOutcome): void {
    this.#last = outcome;
    this.options.report(outcome);
  }

  protected pauseMs(): number {
    return spread(this.options.intervalMs(), this.options.spreadPercent);
  }
}
