/** Time-outs by the thousand, most of which never come: many share a duration, or the most of one, and wait in one line behind one timer. */
import { clockMs } from "../clock.ts";

/** Who is told that its time has come. */
export interface Expiring {
  expire(): void;
}

/** A deadline that was set. */
export interface Deadline {
  /** It does not come any more. Idempotent, also after it has come. */
  cancel(): void;
}

class Entry implements Deadline {
  next: Entry | null = null;
  previous: Entry | null = null;
  line: Line | null = null;
  /** Monotonic ms: when it is the first of its line's to be looked at. */
  at = 0;

  constructor(
    /** Monotonic ms: not to come before. */
    readonly dueAt: number,
    readonly expiring: Expiring,
  ) {}

  cancel(): void {
    this.line?.remove(this);
  }
}

const lines = new Map<number, Line>();

/** All deadlines of one duration, the next one first. */
class Line {
  #first: Entry | null = null;
  #last: Entry | null = null;
  readonly #durationMs: number;

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
    this.#wait(durationMs);
  }

  add(entry: Entry): Entry {
    entry.line = this;
    entry.at = clockMs() + this.#durationMs;
    entry.next = null;
    entry.previous = this.#last;
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    return entry;
  }

  remove(entry: Entry): void {
    entry.line = null;
    if (entry.previous === null) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    // A young collection finds nobody gone whom one that has grown old points to, and so on from each to the next.
    entry.next = entry.previous = null;
  }

  /** The timer stays when those it was set for have gone: the next are about to come. */
  #wait(ms: number): void {
    setTimeout(() => this.#come(), ms);
  }

  #come(): void {
    for (;;) {
      const first = this.#first;
      if (first === null) break;
      const leftMs = first.at - clockMs();
      if (leftMs > 0) return this.#wait(Math.ceil(leftMs));
      this.remove(first);
      const stillMs = first.dueAt - clockMs();
      if (stillMs > 0) {
        wait(first, stillMs);
        continue;
      }
      try {
        first.expiring.expire();
      } catch (error) {
        // The fault of one must not keep the others waiting for ever.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    lines.delete(this.#durationMs);
  }
}

/**
 * Calls `expire` after so many ms, rounded up to whole ones, unless it is cancelled before.
 *
 * For durations that come again and again, as configured ones do: each keeps its timer for as long as it is, also when all
 * who waited have gone.
 */
export function expireAfter(ms: number, expiring: Expiring): Deadline {
  const durationMs = wholeMs(ms);
  return lineOf(durationMs).add(new Entry(clockMs() + durationMs, expiring));
}

/** The same for what is left of a duration, which is like no other. */
export function expireIn(ms: number, expiring: Expiring): Deadline {
  const durationMs = wholeMs(ms);
  return wait(new Entry(clockMs() + durationMs, expiring), durationMs);
}

/** Has it wait in the line for the most of that time that many share, and then for the rest: sixteen to each power of two. */
function wait(entry: Entry, ms: number): Entry {
  const whole = wholeMs(ms);
  const unit = 2 ** Math.max(0, 27 - Math.clz32(whole));
  return lineOf(whole - (whole % unit)).add(entry);
}

function lineOf(durationMs: number): Line {
  let line = lines.get(durationMs);
  if (line === undefined) lines.set(durationMs, (line = new Line(durationMs)));
  return line;
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
