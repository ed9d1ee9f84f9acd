/** A search's place in a queue, which it has as long as it waits there. */
import type { Queue, Waiting } from "../../backend/queue.ts";
import type { Server } from "../../backend/server.ts";

/** Whose place it is. */
export interface Queuer {
  /** It goes to its server whatever has become of that. */
  readonly isForced: boolean;
  /** Its place is given up: there is a slot of `server` for it, which it takes. `passed`: so many got one from `queue` since it came. Never throws. */
  slotFree(queue: Queue<Waiting<Server>>, server: Server, passed: number): void;
  /** The same, for the server that it waited for went away. Never throws. */
  chooseAgain(): void;
}

export class QueuePlace implements Waiting<Server> {
  queue: Queue<Waiting<Server>> | null = null;
  queueNext: Waiting<Server> | null = null;
  queuePrevious: Waiting<Server> | null = null;
  readonly #takenBefore: number;

  /** Where its priority puts it in `queue`. `priorityKey`, `queueSource`: see `Queued`. */
  constructor(
    queue: Queue<Waiting<Server>>,
    private readonly queuer: Queuer,
    readonly priorityClass: number,
    readonly priorityKey: number,
    readonly queueSource: string,
  ) {
    this.#takenBefore = queue.taken;
    queue.add(this);
  }

  get isForced(): boolean {
    return this.queuer.isForced;
  }

  dequeued(queue: Queue<Waiting<Server>>, server: Server, isCounted: boolean): void {
    this.queuer.slotFree(queue, server, queue.taken - this.#takenBefore + (isCounted ? 0 : 1));
  }

  chooseAgain(): void {
    this.queuer.chooseAgain();
  }

  /** Gives it up. Returns the queue, and how many got a slot there since it came, with one for itself. */
  leave(): { readonly queue: Queue<Waiting<Server>>; readonly passed: number } {
    const queue = this.queue as Queue<Waiting<Server>>;
    queue.remove(this);
    return { queue, passed: queue.taken - this.#takenBefore + 1 };
  }
}
