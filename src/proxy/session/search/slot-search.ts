/** The way to a slot at a server: taken at once, or waited for in a queue. */
import { clockMs } from "../../../clock.ts";
import type { Queue, Waiting } from "../../backend/queue.ts";
import type { Server } from "../../backend/server.ts";
import { QueuePlace, type Queuer } from "./queue-place.ts";
import { ServerChoice } from "./server-choice.ts";
import { StartupSlot, type StartupUnderWay } from "./startup-slot.ts";

/**
 * A `ServerSearch` up to the slot: `begin` → `#request` → (a queue) → `connect`. What others call catches whatever is thrown, and gives
 * it to `fail`.
 */
export abstract class SlotSearch extends ServerChoice implements Queuer {
  state: "rules" | "queued" | "connecting" = "rules";

  // What the log tells. Since the seeker began; -1: not come that far.
  queuedMs = -1;
  serverQueue = 0;
  backendQueue = 0;

  protected holdsSlot = false;
  /** See `ServerSearch.clientSilent`. */
  protected isClientSilent = false;
  /** The queue's, or that of the pause before another attempt. */
  protected timer: ReturnType<typeof setTimeout> | null = null;
  /** Null while it waits in none. */
  #place: QueuePlace | null = null;
  /** Null as long as its backend limits none. */
  #startupSlot: StartupSlot | null = null;

  /** Opens the connection to `server`, whose slot is taken. */
  protected abstract connect(): void;

  /** Chooses a server, and goes there. */
  begin(): void {
    this.prefer();
    this.#request();
  }

  /** Finds a server with a free slot, or a place in a queue. */
  #request(): void {
    const backend = this.backend;
    if (this.server === null && !this.choose()) return;
    const server = this.server as Server | null;
    this.#startup?.ask();
    if (server === null) return this.#enqueue(backend.queue);
    if (server.address === null) return this.failed("S", "C");
    if (!server.hasSlotFor(this.#source)) return this.#wait(server);
    this.#take(server);
    this.queuedMs = this.seeker.elapsed();
    this.connect();
  }

  get #startup(): StartupSlot | null {
    if (this.#startupSlot === null && this.backend.limitsStartups)
      this.#startupSlot = new StartupSlot(this.seeker, this.backend);
    return this.#startupSlot;
  }

  /** Whose start-up it is, where that counts; "": nobody's. */
  get #source(): string {
    return this.#startup?.source ?? "";
  }

  /** There is no slot at the server that was chosen. */
  #wait(server: Server): void {
    const backend = this.backend;
    // There is, but not for its source, which may have one elsewhere.
    if (server.hasSlot && !this.isDirect && backend.isTakingTurns && server !== backend.direct) {
      this.server = null;
      return this.#enqueue(backend.queue);
    }
    if (server.plan.maxqueue === 0 || server.queue.length < server.plan.maxqueue) return this.#enqueue(server.queue);
    if (!this.isDirect || this.isForced || backend.plan.redispatch === 0) {
      this.#startup?.refused(server);
      return this.failed("S", "Q");
    }
    this.isDirect = false;
    this.previous = server;
    this.server = null;
    this.#request();
  }

  #take(server: Server): void {
    this.holdsSlot = true;
    server.take();
    this.#startup?.take(server);
  }

  #enqueue(queue: Queue<Waiting<Server>>): void {
    const backend = this.backend;
    this.state = "queued";
    this.#startup?.await(this.server);
    const key = clockMs() + this.seeker.priorityOffsetMs;
    this.#place = new QueuePlace(queue, this, this.seeker.priorityClass, key, this.#source);
    const counters = queue === backend.queue ? backend.counters : (this.server as Server).counters;
    if (queue.length > counters.queuedMax) counters.queuedMax = queue.length;
    const { queueMs } = backend.plan.timeouts;
    if (queueMs > 0) this.timer = setTimeout(() => this.#queueTimedOut(), queueMs);
    this.seeker.watchClient();
    if (queue === backend.queue && backend.limitsStartups) backend.spread();
  }

  /** Its start-up at the server that it has; null: none that counts. */
  get startup(): StartupUnderWay | null {
    return this.#startupSlot?.underWay ?? null;
  }

  #queueTimedOut(): void {
    this.timer = null;
    try {
      this.#startup?.refused(this.server);
      this.unqueue();
      this.failed("s", "Q");
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** Leaves the queue it is in without a slot. */
  protected unqueue(): void {
    const place = this.#place;
    if (place === null) return;
    this.#place = null;
    const { queue, passed } = place.leave();
    this.#noteQueue(queue, passed);
  }

  #noteQueue(queue: Queue<Waiting<Server>>, passed: number): void {
    // Of a client that was silent for too long HAProxy tells no waiting time.
    this.queuedMs = this.isClientSilent ? -1 : this.seeker.elapsed();
    if (queue === this.backend.queue) this.backendQueue += passed;
    else this.serverQueue += passed;
  }

  /** Queuer. */
  slotFree(queue: Queue<Waiting<Server>>, server: Server, passed: number): void {
    this.#place = null;
    this.server = server;
    try {
      this.#take(server);
      this.stopTimer();
      this.#noteQueue(queue, passed);
    } catch (error) {
      return this.seeker.fail(error);
    }
    // Not at once: whoever gave the slot up is still on its way out.
    queueMicrotask(() => this.again());
  }

  /** Queuer. */
  chooseAgain(): void {
    this.#place = null;
    try {
      this.stopTimer();
      this.isDirect = false;
      this.server = null;
      this.#request();
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** Another attempt: where it has a slot, or where it finds one. */
  protected again(): void {
    this.timer = null;
    if (this.seeker.isOver) return;
    try {
      if (this.server === null) this.#request();
      else this.connect();
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** Gives its slot at `server` to whoever waits for that. */
  protected releaseSlot(server: Server): void {
    this.holdsSlot = false;
    this.#startupSlot?.end();
    server.release();
    server.backend.dequeue(server);
  }

  protected stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
