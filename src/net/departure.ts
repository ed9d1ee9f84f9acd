/** A listener's end: nobody new comes, those who wait in the kernel are taken, then it is closed. */

/** A listening socket that is about to go. */
export interface Departing {
  /** Has new clients go elsewhere; the next guess at each `attempt`, where it is one. */
  divert(attempt: number): void;
  /** Takes who waits: "empty", "more" waits than one turn should take, or "held" while nobody may be taken. */
  drain(): "empty" | "more" | "held";
  /** Whether somebody is on the way here still. */
  isAwaited(): boolean;
  /** Whether it is its turn to be closed. */
  mayClose(): boolean;
  /** Closes the socket, for nobody waits any more. */
  depart(): void;
}

/** How long a listener that goes waits for clients in the middle of the handshake. */
export const patienceMs = 1000;
/** A client that the kernel was just looking after is in the queue by then. */
const lookMs = 20;
/** While limits keep the queue from being taken it is only seen to that it does not grow. */
const heldMs = 500;

/**
 * Takes two looks at least, and goes on until nobody comes any more; who is in the middle of the handshake has `patienceMs`.
 *
 * Ends with `depart`; closed before, it is to be told so by `stop`.
 */
export class Departure {
  /** How many clients came so far; the listener counts. */
  arrivals = 0;
  #attempt = 0;
  #wasAwaited = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isStopped = false;
  readonly #until: number;

  constructor(
    private readonly listener: Departing,
    patienceMs: number,
  ) {
    this.#until = performance.now() + patienceMs;
  }

  /** Diverts at once, and takes who waits now. */
  begin(): void {
    this.listener.divert(0);
    this.#again(this.listener.drain());
  }

  /** Looks at once: there is room again. */
  hurry(): void {
    if (this.#isStopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), 0);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #again(found: ReturnType<Departing["drain"]>): void {
    if (this.#isStopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const delayMs = found === "more" ? 0 : found === "held" ? heldMs : lookMs;
    this.#timer = setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    const { listener } = this;
    const before = this.arrivals;
    listener.divert(this.#attempt);
    const found = listener.drain();
    if (this.#isStopped) return;
    const isPatient = performance.now() < this.#until;
    const isAwaited = found === "empty" && listener.isAwaited();
    const isQuiet = found === "empty" && this.arrivals === before;
    // Who came was on the way already, or was sent here: then the guess was wrong.
    if (found === "empty" && !isQuiet && !this.#wasAwaited) this.#attempt += 1;
    this.#wasAwaited = isAwaited;
    if (found !== "empty" || (isPatient && (!isQuiet || isAwaited)) || !listener.mayClose()) return this.#again(found);
    this.stop();
    listener.depart();
  }
}
