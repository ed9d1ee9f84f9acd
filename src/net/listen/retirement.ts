/** A listener's end: nobody new comes, those who wait in the kernel are taken, then it is closed. */
import { isLoopback, type SocketAddress } from "../../address.ts";

/** A listening socket that is about to go. */
export interface Retiring {
  /** Has new clients go elsewhere; the next guess at each `attempt`, where it is one. Called before each `drain`. */
  divert(attempt: number): void;
  /** Takes who waits: "empty", "more" waits than one turn should take, or "held" while nobody may be taken. */
  drain(): "empty" | "more" | "held";
  /** Whether it is its turn to be closed. */
  mayClose(): boolean;
  /** Closes the socket, for nobody waits any more. */
  closeRetired(): void;
}

/** A client that the kernel was just looking after is in the queue by then. */
const lookMs = 20;
/** While limits keep the queue from being taken it is only seen to that it does not grow. */
const heldMs = 500;
/** However many go on coming. */
const mostMs = 1000;
/** A handshake under way from far away ends by then. */
const handshakeMs = 250;
/** One that waits for the client's first bytes ends when SYN and ACK have been sent again, a second later. */
const deferredMs = 1500;

/** How long a listener stays for clients in the middle of the handshake: where both ends are here, it is over at once. */
export function patienceMs(address: SocketAddress, isDeferring: boolean): number {
  if (address.kind !== "tcp") return 0;
  if (isDeferring) return deferredMs;
  return isLoopback(address.host) ? 0 : handshakeMs;
}

/**
 * Takes two looks at least, and goes on until nobody comes any more and the patience is over.
 *
 * Ends with `closeRetired`; closed before, it is to be told so by `stop`.
 */
export class Retirement {
  /** How many clients came so far; the listener counts. */
  arrivals = 0;
  #attempt = 0;
  /** How many had come when nobody waited last; null: somebody has waited ever since. */
  #seen: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isStopped = false;
  readonly #until: number;

  constructor(
    private readonly listener: Retiring,
    patience: number,
  ) {
    this.#until = performance.now() + patience;
  }

  /** Diverts at once, and takes who waits now. */
  begin(): void {
    this.listener.divert(0);
    const found = this.listener.drain();
    if (found === "empty") this.#seen = this.arrivals;
    this.#again(found);
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

  #again(found: ReturnType<Retiring["drain"]>): void {
    if (this.#isStopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const delayMs = found === "more" ? 0 : found === "held" ? heldMs : lookMs;
    this.#timer = setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    const { listener } = this;
    const before = this.#seen;
    listener.divert(this.#attempt);
    const found = listener.drain();
    if (this.#isStopped) return;
    if (found === "empty") this.#seen = this.arrivals;
    const overMs = performance.now() - this.#until;
    if (found !== "empty" || before === null || overMs < 0) return this.#again(found);
    const isQuiet = this.arrivals === before;
    // Who still comes was sent here: the guess was wrong.
    if (!isQuiet) this.#attempt += 1;
    if ((!isQuiet && overMs < mostMs) || !listener.mayClose()) return this.#again(found);
    this.stop();
    listener.closeRetired();
  }
}
