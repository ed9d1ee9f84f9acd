/** Who comes up again and again at times of their own, as checks do: a thousand of them wait behind one timer. */
import { clockMs } from "../../clock.ts";
import { PriorityHeap, type HeapNode } from "./priority-heap.ts";

/** Something that is due at a time, or at none. */
export class Appointment implements HeapNode {
  // HeapNode
  key = 0;
  turn = 0;
  at = -1;

  /** What `come` throws is told as an uncaught exception. */
  constructor(readonly come: () => void) {}

  get isSet(): boolean {
    return this.at >= 0;
  }

  /** Until it comes, in ms; 0 when it does not. */
  get leftMs(): number {
    return this.isSet ? Math.max(0, this.key - clockMs()) : 0;
  }

  /** Comes once after so many ms, rounded up to whole ones of the clock, in place of when it would have come. */
  set(ms: number): void {
    if (this.isSet) due.remove(this);
    due.add(this, Math.ceil(clockMs() + ms));
    wait();
  }

  /** Does not come. Idempotent. */
  cancel(): void {
    if (!this.isSet) return;
    due.remove(this);
    if (due.size === 0) stop();
  }
}

const due = new PriorityHeap<Appointment>();
let timer: ReturnType<typeof setTimeout> | null = null;
/** When the timer fires, which is no later than the first is due. */
let timerAt = 0;

/** setTimeout takes more to be no time at all. */
const longestMs = 2_147_483_647;

function wait(): void {
  const { first } = due;
  if (first === null || (timer !== null && timerAt <= first.key)) return;
  stop();
  timerAt = first.key;
  timer = setTimeout(come, Math.min(longestMs, Math.max(0, Math.ceil(first.key - clockMs()))));
}

function stop(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
}

function come(): void {
  timer = null;
  const now = clockMs();
  for (let { first } = due; first !== null && first.key <= now; { first } = due) {
    due.remove(first);
    try {
      first.come();
    } catch (error) {
      // The fault of one must not keep the others waiting for ever.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
  wait();
}
