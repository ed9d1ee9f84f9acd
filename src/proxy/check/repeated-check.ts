/** What checks and agents' questions have alike: one after the other between `start` and `stop`, never two at once. */
import { Abort } from "./run/abort.ts";
import { Appointment } from "../time/timetable.ts";

/** Asks about one server again and again. */
export abstract class RepeatedCheck<Outcome> {
  readonly #next = new Appointment(() => this.#run());
  #abort: Abort | null = null;
  #isStopped = true;

  /** Begins to ask, until `settle` or `abort`. False: there is nowhere to ask now, and the turn is left out. */
  protected abstract ask(abort: Abort): boolean;

  /** Takes what came of it. May throw, and stop. */
  protected abstract report(outcome: Outcome): void;

  /** From the end of one to the next, in ms. */
  protected abstract pauseMs(): number;

  /** Until the next one, in ms; 0 while one is under way; null: it is stopped. */
  get dueInMs(): number | null {
    return this.#isStopped ? null : this.#next.leftMs;
  }

  /** One is under way. */
  get isRunning(): boolean {
    return this.#abort !== null;
  }

  /** Begins; the first one comes after `delayMs`. No effect while it already goes on. */
  start(delayMs: number): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#next.set(delayMs);
  }

  /** Ends; what is under way is given up and reports nothing. */
  stop(): void {
    this.#isStopped = true;
    this.#next.cancel();
    this.#abort?.abort();
    this.#abort = null;
  }

  /** Brings the next one forward so that it is due in `delayMs` at the latest (`on-error fastinter`, an operator's wish). */
  hurry(delayMs: number): void {
    if (this.#next.isSet && this.#next.leftMs > delayMs) this.#next.set(delayMs);
  }

  #run(): void {
    this.#abort = new Abort();
    try {
      if (this.ask(this.#abort)) return;
    } catch (error) {
      this.#abort = null;
      this.#goOn();
      throw error;
    }
    this.#abort = null;
    this.#goOn();
  }

  /** The one of `abort` has ended. Means nothing where that was given up. */
  protected settle(abort: Abort, outcome: Outcome): void {
    if (abort.isAborted) return;
    this.#abort = null;
    try {
      this.report(outcome);
    } finally {
      this.#goOn();
    }
  }

  /** Whatever has been thrown: a server that is not checked any more would stay as it is for ever. */
  #goOn(): void {
    if (!this.#isStopped && !this.#next.isSet) this.#next.set(this.pauseMs());
  }
}
