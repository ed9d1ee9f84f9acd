/** One server's health checks: when each one runs, and that never two run at once. */
import type { SocketAddress } from "../../address.ts";
import { Abort } from "./run/abort.ts";
import type { CheckOutcome } from "./run/outcome.ts";
import { type CheckHandler, type CheckOptions, runCheck } from "./run/run-check.ts";
import { Appointment } from "../process/timetable.ts";

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
export class CheckSchedule implements CheckHandler {
  readonly #next = new Appointment(() => this.#run());
  #abort: Abort | null = null;
  #stopped = true;
  #last: CheckOutcome | null = null;

  constructor(private readonly options: CheckScheduleOptions) {}

  /** The latest check's end. */
  get last(): CheckOutcome | null {
    return this.#last;
  }

  /** Until the next check, in ms; 0 while one is under way; null: it is stopped. */
  get dueInMs(): number | null {
    if (this.#stopped) return null;
    return this.#next.leftMs;
  }

  /** A check is under way. */
  get isRunning(): boolean {
    return this.#abort !== null;
  }

  /** Begins; the first check comes after `delayMs`. No effect while it already goes on. */
  start(delayMs: number): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#next.set(delayMs);
  }

  /** Ends; a check under way is given up and reports nothing. */
  stop(): void {
    this.#stopped = true;
    this.#next.cancel();
    this.#abort?.abort();
    this.#abort = null;
  }

  /** Brings the next check forward so that it is due in `delayMs` at the latest (`on-error fastinter`, an operator's wish). */
  hurry(delayMs: number): void {
    if (this.#next.isSet && this.#next.leftMs > delayMs) this.#next.set(delayMs);
  }

  #run(): void {
    const abort = new Abort();
    try {
      const address = this.options.address();
      if (address === null) return this.#goOn();
      this.#abort = abort;
      runCheck(this.options, address, abort, this);
    } catch (error) {
      this.#abort = null;
      this.#goOn();
      throw error;
    }
  }

  /** CheckHandler. */
  checked(abort: Abort, outcome: CheckOutcome): void {
    if (abort.isAborted) return;
    this.#abort = null;
    this.#last = outcome;
    try {
      this.options.report(outcome);
    } finally {
      this.#goOn();
    }
  }

  /** Whatever has been thrown: a server that is not checked any more would stay as it is for ever. */
  #goOn(): void {
    if (this.#stopped || this.#next.isSet) return;
    this.#next.set(spread(this.options.intervalMs(), this.options.spreadPercent));
  }
}
