/** Time-outs by the thousand, most of which never come: many share a duration, and those wait in one line behind one timer. */
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
  line: Line | null;

  constructor(
    line: Line,
    /** Monotonic ms. */
    readonly at: number,
    readonly expiring: Expiring,
  ) {
    this.line = line;
  }

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

  add(expiring: Expiring): Entry {
    const entry = new Entry(this, clockMs() + this.#durationMs, expiring);
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
  let line = lines.get(durationMs);
  if (line === undefined) lines.set(durationMs, (line = new Line(durationMs)));
  return line.add(expiring);
}

/** The same for what is left of a duration, which is like no other. */
export function expireIn(ms: number, expiring: Expiring): Deadline {
  const timer = setTimeout(() => expiring.expire(), wholeMs(ms));
  return { cancel: () => clearTimeout(timer) };
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
