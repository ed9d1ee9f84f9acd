/** How long an exchange may take over each of its steps. */
import { ReceivingExchange } from "./exchange-receiving.ts";

/** An exchange with its time-outs. */
export abstract class TimedExchange extends ReceivingExchange {
  /** Rules wait for more of the body, at most until then, or a rule holds the client. Monotonic ms. */
  protected waitsUntil = Infinity;

  /** The time is over that rules wait, or the client is held. */
  protected abstract waited(): void;
  protected abstract held(): void;

  setTimeout(which: "client" | "server" | "tunnel", ms: number): void {
    this.timeouts = { ...this.timeouts, [which]: ms };
  }

  get #clientTimeoutMs(): number {
    const { client } = this.timeouts;
    return (client < 0 ? this.front.plan.timeouts.clientMs : client) || Infinity;
  }

  get #serverTimeoutMs(): number {
    const planned = this.at === null ? 0 : this.at.plan.timeouts.serverMs;
    const { server } = this.timeouts;
    return (server < 0 ? planned : server) || Infinity;
  }

  /** Monotonic ms: when it has to be over with what it waits for. */
  get deadlineAt(): number {
    switch (this.stage) {
      case "rules":
      case "tarpit":
        return this.waitsUntil;
      case "flushing":
        return this.clientToldAt + this.#clientTimeoutMs;
      case "pouring":
        return this.isClientFull ? this.clientToldAt + this.#clientTimeoutMs : Infinity;
      case "waiting":
      case "answering":
        return Math.min(this.#clientDeadlineAt, this.#serverDeadlineAt, this.answerWaitsUntil);
      default:
        return Infinity;
    }
  }

  get #clientDeadlineAt(): number {
    if (this.isClientFull) return this.clientToldAt + this.#clientTimeoutMs;
    const isAwaited = this.requestMessage?.body.isDone === false && !this.isServerFull;
    if (!isAwaited) return Infinity;
    // Whoever takes an answer meanwhile is there.
    const toldAt = this.front.plan.independentStreams ? 0 : this.clientToldAt;
    return Math.max(this.side.heardAt, this.headAt, toldAt) + this.#clientTimeoutMs;
  }

  /** Monotonic ms: when its head was whole. */
  private get headAt(): number {
    return this.startedAt + this.headMs;
  }

  get #serverDeadlineAt(): number {
    if (this.isServerFull) return this.serverToldAt + this.#serverTimeoutMs;
    if (this.isClientFull || (this.answerMessage?.body.isDone === true && this.stage === "answering")) return Infinity;
    const isAwaited = this.stage === "answering" || this.requestMessage?.body.isDone === true;
    if (!isAwaited) return Infinity;
    const isOwn = this.stage === "answering" && this.at?.plan.independentStreams === true;
    return Math.max(this.serverHeardAt, isOwn ? 0 : this.serverToldAt) + this.#serverTimeoutMs;
  }

  /** The deadline has come. */
  expire(now: number): void {
    try {
      this.#expire(now);
    } catch (error) {
      this.fail(error);
    }
  }

  #expire(now: number): void {
    switch (this.stage) {
      case "rules":
        return this.waited();
      case "tarpit":
        return this.held();
      case "flushing":
      case "pouring":
        return this.end("c", "D", "reset");
      default:
        if (this.#clientDeadlineAt <= now) this.#clientTimedOut();
        else this.#serverTimedOut();
    }
  }

  #clientTimedOut(): void {
    const isUpload = !this.isClientFull;
    if (this.stage === "waiting" && isUpload) return this.refuse(408, "c", "H");
    const isWhole = isUpload && this.answerMessage?.body.isDone === true;
    this.dropServer();
    this.end("c", "D", isWhole ? "linger" : "reset");
  }

  #serverTimedOut(): void {
    if (this.connection?.stream.endStretch?.() === true) return;
    if (this.isJudging) return this.answerTooLate();
    this.countFailure("read-timeout");
    if (this.stage === "answering") return this.cutShort("s", "D");
    if (this.back.retryOn.responseTimeout && this.retry(false)) return;
    this.refuse(504, "s", "H");
  }
}
