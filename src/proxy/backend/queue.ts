/** Sessions that wait for a connection slot: one queue per server and one per backend, in order of priority and arrival. */

/** What a queue holds. The links belong to the queue that it is in; a session is in one queue at most. */
export interface Queued<T extends Queued<T>> {
  queue: Queue<T> | null;
  queueNext: T | null;
  queuePrevious: T | null;
  /** Lower goes first (`set-priority-class`). */
  readonly priorityClass: number;
  /** Monotonic ms of arrival plus `set-priority-offset`: within a class, lower goes first. */
  readonly priorityKey: number;
}

/** Who waits for a slot at one of these servers, as far as a backend knows. */
export interface Waiting<Server> extends Queued<Waiting<Server>> {
  /** It goes to its server whatever has become of that. */
  readonly isForced: boolean;
  /** Out of `queue`, which may have left it out of its count, for a slot of `server`, which it takes. Never throws. */
  dequeued(queue: Queue<Waiting<Server>>, server: Server, isCounted: boolean): void;
  /** The server that it waited for went away; it is in no queue any more. Never throws. */
  chooseAgain(): void;
}

/** A list in order of class, then key; equals stay in order of arrival. Adding at the end and removing cost no search. */
export class Queue<T extends Queued<T>> {
  #first: T | null = null;
  #last: T | null = null;
  length = 0;
  /** How many got a slot from here, ever: a session's place in the log is the difference since it came. */
  taken = 0;

  get first(): T | null {
    return this.#first;
  }

  add(one: T): void {
    let after = this.#last;
    while (after !== null && goesBefore(one, after)) after = after.queuePrevious;
    one.queue = this;
    one.queuePrevious = after;
    one.queueNext = after === null ? this.#first : after.queueNext;
    if (one.queueNext === null) this.#last = one;
    else one.queueNext.queuePrevious = one;
    if (after === null) this.#first = one;
    else after.queueNext = one;
    this.length += 1;
  }

  /** Takes `one` out, wherever it stands. It must be in this queue. */
  remove(one: T): void {
    if (one.queuePrevious === null) this.#first = one.queueNext;
    else one.queuePrevious.queueNext = one.queueNext;
    if (one.queueNext === null) this.#last = one.queuePrevious;
    else one.queueNext.queuePrevious = one.queuePrevious;
    one.queue = null;
    one.queueNext = null;
    one.queuePrevious = null;
    this.length -= 1;
  }
}

/** Whether `one` is served before `other`. */
export function goesBefore<T extends Queued<T>>(one: Queued<T>, other: Queued<T>): boolean {
  if (one.priorityClass !== other.priorityClass) return one.priorityClass < other.priorityClass;
  return one.priorityKey < other.priorityKey;
}
