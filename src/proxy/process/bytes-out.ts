/** The bytes that all sessions together have sent, to clients and to servers as HAProxy counts them: their sum while they run, and those of the last second. */
import { clockMs } from "../../clock.ts";

const periodMs = 1000;

/** A session, or what stands for one. */
export interface Sender {
  /** Sent either way, and not counted yet. */
  readonly uncountedBytes: number;
}

/**
 * Adds up what runs when somebody asks, for to count each read would cost more than all else that is done with it.
 *
 * The rate looks once a second, by one timer that goes when nobody has anything to send and keeps no process alive.
 */
export class BytesOut {
  /** Of sessions as far as they have been counted, which all are at their end. */
  counted = 0;
  readonly #running: Iterable<Sender>;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** When the period that runs began, and the total then; what came in the one before it. */
  #startedAt = 0;
  #before = 0;
  #former = 0;

  constructor(running: Iterable<Sender>) {
    this.#running = running;
  }

  /** It never falls: what a session has sent stays counted. */
  get total(): number {
    let total = this.counted;
    for (const one of this.#running) total += one.uncountedBytes;
    return total;
  }

  /** A session begins. */
  begin(): void {
    if (this.#timer !== null) return;
    this.#before = this.total;
    this.#former = 0;
    this.#startedAt = clockMs();
    this.#timer = setInterval(() => this.look(clockMs()), periodMs);
    this.#timer.unref();
  }

  /** Bytes in the last second: those of this period, and of the one before it what is left of the second. */
  rate(now: number): number {
    if (this.#timer === null) return 0;
    const left = Math.max(0, this.#startedAt + periodMs - now);
    return this.total - this.#before + Math.floor((this.#former * left) / periodMs);
  }

  /** A period is over, which may be late. */
  look(now: number): void {
    const total = this.total;
    const sent = total - this.#before;
    this.#former = Math.round((sent * periodMs) / Math.max(1, now - this.#startedAt));
    this.#before = total;
    this.#startedAt = now;
    if (sent === 0 && this.#isIdle()) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #isIdle(): boolean {
    for (const _ of this.#running) return false;
    return true;
  }
}
