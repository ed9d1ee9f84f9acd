/** How a handshake ended, told to whoever asks: a promise is only made for those who want one. */
import { TlsFailure, type SecuredHandler, type Securing, type TlsConnection } from "./secure.ts";

/** `done` and `whenDone` of a Securing. */
export abstract class SecuringOutcome implements Securing {
  #outcome: TlsConnection | TlsFailure | null = null;
  readonly #handlers: SecuredHandler[] = [];

  abstract cancel(): void;

  get done(): Promise<TlsConnection> {
    return new Promise((resolve, reject) => this.whenDone({ secured: resolve, failed: reject }));
  }

  whenDone(handler: SecuredHandler): void {
    const outcome = this.#outcome;
    // Not at once: whoever asks has just begun.
    if (outcome !== null) queueMicrotask(() => tell(handler, outcome));
    else this.#handlers.push(handler);
  }

  protected get isDone(): boolean {
    return this.#outcome !== null;
  }

  /** Only the first end counts. */
  protected settle(outcome: TlsConnection | TlsFailure): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    for (const handler of this.#handlers.splice(0)) tell(handler, outcome);
  }
}

function tell(handler: SecuredHandler, outcome: TlsConnection | TlsFailure): void {
  if (outcome instanceof TlsFailure) handler.failed(outcome);
  else handler.secured(outcome);
}
