/** The end of a relay, told to whoever asks for it: a promise is only made for those who want one, for most are sessions. */
import type { Relayed, RelayHandler } from "../transport.ts";

/** `ended` and `whenEnded` of a Relay. */
export abstract class RelayOutcome {
  #relayed: Relayed | null = null;
  #handler: RelayHandler | null = null;

  get ended(): Promise<Relayed> {
    return new Promise((resolve) => this.whenEnded({ relayed: resolve }));
  }

  whenEnded(handler: RelayHandler): void {
    const former = this.#handler;
    if (this.#relayed !== null) tell(handler, this.#relayed);
    else this.#handler = former === null ? handler : both(former, handler);
  }

  protected get isSettled(): boolean {
    return this.#relayed !== null;
  }

  /** It has ended; only the first end counts. */
  protected settle(relayed: Relayed): void {
    if (this.#relayed !== null) return;
    this.#relayed = relayed;
    if (this.#handler !== null) tell(this.#handler, relayed);
    this.#handler = null;
  }
}

/** A relay that had ended when it began. */
export class EndedRelay extends RelayOutcome {
  readonly #relayed: Relayed;

  constructor(relayed: Relayed) {
    super();
    this.#relayed = relayed;
    this.settle(relayed);
  }

  counts(): Relayed {
    return this.#relayed;
  }

  kill(): void {}
}

/** Not at once: whoever ended it is still on its way out. */
function tell(handler: RelayHandler, relayed: Relayed): void {
  queueMicrotask(() => handler.relayed(relayed));
}

function both(one: RelayHandler, other: RelayHandler): RelayHandler {
  return {
    relayed(relayed) {
      one.relayed(relayed);
      other.relayed(relayed);
    },
  };
}
