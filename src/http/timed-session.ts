/** How long a client's connection in `mode http` may take over each of its steps, and when it is let go. */
import { clockMs, dateMs } from "../clock.ts";
import type { HttpFrontendPlan } from "../plan/http.ts";
import type { Frontend } from "../proxy/frontend/frontend.ts";
import type { BoundListener } from "../proxy/frontend/listener.ts";
import type { ClosingWindow } from "../proxy/time/closing-window.ts";
import type { ClientEnd } from "./client/client-side.ts";
import { MovingDeadline, type Timed } from "./client/moving-deadline.ts";
import { plainFrontend } from "./exchange/plain-plans.ts";
import { ShownSession } from "./shown-session.ts";

/** A client's connection with its time-outs: for a request's head, for the next request, and those of the exchange under way. */
export abstract class TimedSession extends ShownSession implements Timed {
  isFirst = true;
  /** Monotonic ms: when something came of the client last. */
  heardAt: number;
  protected readonly httpPlan: HttpFrontendPlan;
  /** The head of the request under way is whole. */
  protected hasBegun = false;
  protected isOver = false;
  /** Monotonic ms, and the date: since when it waits for a request. */
  protected idleAt: number;
  protected idleDate = Math.floor(dateMs());
  /** Monotonic ms: when the head began that comes. */
  protected headAt = 0;
  /** Monotonic ms: from when on it is not kept for another request. */
  #leavesAt: number;
  readonly #deadline = new MovingDeadline(this);

  constructor(
    readonly front: Frontend,
    now: number,
  ) {
    super();
    this.httpPlan = front.plan.http ?? plainFrontend;
    this.heardAt = this.idleAt = now;
    this.#leavesAt = front.process.closing?.leavesAt() ?? Infinity;
  }

  abstract readonly listener: BoundListener;
  abstract timedOut(): void;
  /** Gives back the client's place. */
  protected abstract leave(end: ClientEnd): void;
  /** Takes a step of its own; what throws in it ends the connection. */
  protected abstract safely(step: () => void): void;

  /** From now on it waits for the next request. */
  protected rest(): void {
    this.idleAt = clockMs();
    this.idleDate = Math.floor(dateMs());
  }

  retire(): void {
    const { closing } = this.front.process;
    if (closing !== null) this.#let(closing);
  }

  renew(closing: ClosingWindow): void {
    // Its listener has been given to another frontend, or is closed.
    if (this.listener.frontend !== this.front || !this.listener.isBound) this.#let(closing);
  }

  /** Lets a client go, at once if it waits between two requests. Who has yet to send the first one has come for an answer. */
  #let(closing: ClosingWindow): void {
    this.#leavesAt = closing.leavesAt();
    if (!this.isBusy) this.safely(this.wait);
  }

  /** The request under way is its last. */
  protected leaveNext(): void {
    this.#leavesAt = 0;
  }

  /** Waits for a request, if it is to have another one. */
  protected wait(): void {
    if (this.isLeaving && !this.isFirst && !this.httpPlan.closesIdleOnResponse) this.leave("close");
    else this.arm();
  }

  get isLeaving(): boolean {
    return this.#leavesAt <= clockMs();
  }

  arm(): void {
    if (!this.isOver) this.#deadline.arm();
  }

  protected disarm(): void {
    this.#deadline.cancel();
  }

  get deadlineAt(): number {
    if (this.hasBegun) return this.exchange.deadlineAt;
    const { httpRequestMs, httpKeepAliveMs } = this.httpPlan.httpTimeouts;
    const { clientMs } = this.front.plan.timeouts;
    if (!this.isBusy && !this.isFirst) {
      const at = this.idleAt + (httpKeepAliveMs || httpRequestMs || clientMs || Infinity);
      return this.httpPlan.closesIdleOnResponse ? at : Math.min(at, this.#leavesAt);
    }
    if (httpRequestMs > 0) return (this.isFirst ? this.idleAt : this.headAt) + httpRequestMs;
    return this.heardAt + (clientMs || Infinity);
  }
}
