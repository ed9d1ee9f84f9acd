/** Penalties by source, as sshd keeps them: each is an instant until which it lasts, and is pushed further by each fault. */
import type { SshFault, SshPenaltiesPlan } from "../../plan/ssh/ssh-penalties.ts";
import { type HeapNode, PriorityHeap } from "../../proxy/time/priority-heap.ts";

/** What a table is held to. */
export type TableBounds = Pick<SshPenaltiesPlan, "minMs" | "maxMs" | "size">;

/** One source's. */
export interface Penalty {
  readonly source: string;
  /** It is kept out: from the moment at which the penalty had grown to the least that is enforced, until it has passed. */
  readonly isEnforced: boolean;
  /** When it passes, in the monotonic ms that the table is told. */
  readonly key: number;
  readonly faults: Readonly<Record<SshFault, number>>;
  /** Sessions that were turned away. */
  readonly refused: number;
}

class Entry implements Penalty, HeapNode {
  key = 0;
  turn = 0;
  at = -1;
  isEnforced = false;
  refused = 0;
  readonly faults: Record<SshFault, number> = { noauth: 0, invalid: 0, proxy: 0 };

  constructor(readonly source: string) {}
}

/** So many that have passed go with each one that comes. */
const sweptAtOnce = 16;

/**
 * Takes no clock, so that a history can be replayed.
 *
 * Where it is full, the one that passes first gives way, and that may be the newcomer: so sshd has it (PerSourcePenalties, overflow:permissive). What
 * is enforced never does here, for a scanner with many addresses could set itself free by the others.
 */
export class PenaltyTable {
  /** Faults of sources that there was no room for. */
  unnoted = 0;
  readonly #bySource = new Map<string, Entry>();
  /** The one that passes first comes first. */
  readonly #growing = new PriorityHeap<Entry>();
  readonly #enforced = new PriorityHeap<Entry>();

  constructor(public bounds: TableBounds) {}

  /** Sources that have a penalty, some of which may have passed since `sweep`. */
  get size(): number {
    return this.#bySource.size;
  }

  get enforced(): number {
    return this.#enforced.size;
  }

  /** Adds to a source's penalty. What it comes to, where it is enforced from now on; null: it is not, or was already. */
  add(source: string, fault: SshFault, ms: number, now: number): Penalty | null {
    this.sweep(now, sweptAtOnce);
    const { minMs, maxMs } = this.bounds;
    const entry = this.#current(source, now) ?? this.#newcomer(source, now, now + Math.min(ms, maxMs));
    if (entry === null) {
      this.unnoted += 1;
      return null;
    }
    this.#heapOf(entry).remove(entry);
    entry.faults[fault] += 1;
    const passesAt = Math.min(entry.key + ms, now + maxMs);
    const begins = !entry.isEnforced && passesAt - now >= minMs;
    if (begins) entry.isEnforced = true;
    this.#heapOf(entry).add(entry, passesAt);
    return begins ? entry : null;
  }

  /** Milliseconds until it passes, enforced or not. */
  leftMs(source: string, now: number): number {
    const entry = this.#current(source, now);
    return entry === null ? 0 : entry.key - now;
  }

  /** Whether a session from there is turned away, which is counted. That adds nothing to the penalty. */
  refuses(source: string, now: number): boolean {
    const entry = this.#current(source, now);
    if (entry?.isEnforced !== true) return false;
    entry.refused += 1;
    return true;
  }

  /** Forgives a source. */
  remove(source: string): void {
    const entry = this.#bySource.get(source);
    if (entry !== undefined) this.#remove(entry);
  }

  /** Removes those that have passed, `most` at once; whether there are more. */
  sweep(now: number, most: number): boolean {
    for (let left = most; left > 0; left--) {
      const first = this.#passed(this.#growing, now) ?? this.#passed(this.#enforced, now);
      if (first === null) return false;
      this.#remove(first);
    }
    return true;
  }

  /** Those that there are when they are come to. */
  *all(now: number): Iterable<Penalty | null> {
    // Those that come meanwhile are not waited for.
    let left = this.#bySource.size;
    for (const entry of this.#bySource.values()) {
      if (left === 0) return;
      left -= 1;
      yield entry.key > now ? entry : null;
    }
  }

  #current(source: string, now: number): Entry | null {
    const entry = this.#bySource.get(source);
    if (entry === undefined) return null;
    if (entry.key > now) return entry;
    this.#remove(entry);
    return null;
  }

  /** Null: there is no room for one whose penalty is to pass at `passesAt`. */
  #newcomer(source: string, now: number, passesAt: number): Entry | null {
    // More than one goes where there is less room than there was.
    for (let left = sweptAtOnce; left > 0 && this.#bySource.size >= this.bounds.size; left--) {
      const { first } = this.#growing;
      if (first === null || first.key > passesAt) return null;
      this.#remove(first);
    }
    if (this.#bySource.size >= this.bounds.size) return null;
    const entry = new Entry(source);
    this.#bySource.set(source, entry);
    this.#growing.add(entry, now);
    return entry;
  }

  #passed(heap: PriorityHeap<Entry>, now: number): Entry | null {
    const { first } = heap;
    return first !== null && first.key <= now ? first : null;
  }

  #heapOf({ isEnforced }: Entry): PriorityHeap<Entry> {
    return isEnforced ? this.#enforced : this.#growing;
  }

  #remove(entry: Entry): void {
    this.#heapOf(entry).remove(entry);
    this.#bySource.delete(entry.source);
  }
}
