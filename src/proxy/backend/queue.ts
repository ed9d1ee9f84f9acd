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
  /** Whose it is, where one source's sessions may have to let others pass; "": that does not matter. Not to change while it waits. */
  readonly queueSource: string;
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

/**
 * In order of class, then key; equals stay in order of arrival. Adding at the end and removing cost no search.
 *
 * Of each source that matters only the first stands in the list itself, and the others behind it: whoever looks for the first that may
 * go passes each source once, however many it has sent.
 */
export class Queue<T extends Queued<T>> {
  readonly #heads = new OrderedList<T>();
  /** By source: who waits behind its first. */
  readonly #behind = new Map<string, OrderedList<T>>();
  length = 0;
  /** How many got a slot from here, ever: a session's place in the log is the difference since it came. */
  taken = 0;

  get first(): T | null {
    return this.#heads.first;
  }

  /** The first for whom `mayGo` holds, which says the same of all of one source. */
  firstOf(mayGo: (one: T) => boolean): T | null {
    let one = this.#heads.first;
    while (one !== null && !mayGo(one)) one = one.queueNext;
    return one;
  }

  /** Who waits here now, in order. */
  all(): T[] {
    const all = [this.#heads, ...this.#behind.values()].flatMap((list) => list.all());
    if (this.#behind.size === 0) return all;
    return all.toSorted((one, other) => (goesBefore(one, other) ? -1 : goesBefore(other, one) ? 1 : 0));
  }

  add(one: T): void {
    one.queue = this;
    this.length += 1;
    if (one.queueSource === "") return this.#heads.add(one);
    const behind = this.#behind.get(one.queueSource);
    if (behind === undefined) {
      this.#behind.set(one.queueSource, new OrderedList<T>(one));
      return this.#heads.add(one);
    }
    const { head } = behind;
    if (head === null || !goesBefore(one, head)) return behind.add(one);
    this.#heads.remove(head);
    behind.addFirst(head);
    behind.head = one;
    this.#heads.add(one);
  }

  /** Takes `one` out, wherever it stands. It must be in this queue. */
  remove(one: T): void {
    one.queue = null;
    this.length -= 1;
    const behind = one.queueSource === "" ? undefined : this.#behind.get(one.queueSource);
    if (behind === undefined) return this.#heads.remove(one);
    if (behind.head !== one) return behind.remove(one);
    const next = behind.first;
    const after = one.queueNext;
    this.#heads.remove(one);
    behind.head = next;
    if (next === null) return void this.#behind.delete(one.queueSource);
    behind.remove(next);
    this.#heads.addBefore(next, after);
  }
}

/** Sessions in order. */
class OrderedList<T extends Queued<T>> {
  first: T | null = null;
  #last: T | null = null;

  constructor(
    /** Whom they stand behind, in another list. */
    public head: T | null = null,
  ) {}

  all(): T[] {
    const all: T[] = [];
    for (let one = this.first; one !== null; one = one.queueNext) all.push(one);
    return all;
  }

  add(one: T): void {
    let after = this.#last;
    while (after !== null && goesBefore(one, after)) after = after.queuePrevious;
    this.#insert(one, after);
  }

  addFirst(one: T): void {
    this.#insert(one, null);
  }

  /** Adds one that goes behind all that stand in front of `next`. */
  addBefore(one: T, next: T | null): void {
    let before = next;
    while (before !== null && !goesBefore(one, before)) before = before.queueNext;
    this.#insert(one, before === null ? this.#last : before.queuePrevious);
  }

  #insert(one: T, after: T | null): void {
    one.queuePrevious = after;
    one.queueNext = after === null ? this.first : after.queueNext;
    if (one.queueNext === null) this.#last = one;
    else one.queueNext.queuePrevious = one;
    if (after === null) this.first = one;
    else after.queueNext = one;
  }

  remove(one: T): void {
    if (one.queuePrevious === null) this.first = one.queueNext;
    else one.queuePrevious.queueNext = one.queueNext;
    if (one.queueNext === null) this.#last = one.queuePrevious;
    else one.queueNext.queuePrevious = one.queuePrevious;
    one.queueNext = null;
    one.queuePrevious = null;
  }
}

/** Whether `one` is served before `other`. */
export function goesBefore<T extends Queued<T>>(one: Queued<T>, other: Queued<T>): boolean {
  if (one.priorityClass !== other.priorityClass) return one.priorityClass < other.priorityClass;
  return one.priorityKey < other.priorityKey;
}
