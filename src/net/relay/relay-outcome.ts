/** The end of a relay, told to whoever asks for it: a promise is only made for those who want one, for most are sessions. */
import type { Relayed, RelayHearer } from "../transport.ts";

/** `ended` and `whenEnded` of a Relay. */
export abstract class RelayOutcome {
  #relayed: Relayed | null = null;
  #hearer: RelayHearer | null = null;

  get ended(): Promise<Relayed> {
    return new Promise((resolve) => this.whenEnded({ relayed: resolve }));
  }

  whenEnded(hearer: RelayHearer): void {
    const former = this.#hearer;
    if (this.#relayed !== null) tell(hearer, this.#relayed);
    else this.#hearer = former === null ? hearer : both(former, hearer);
  }

  protected get isSettled(): boolean {
    return this.#relayed !== null;
  }

  /** It has ended; only the first end counts. */
  protected settle(relayed: Relayed): void {
    if (this.#relayed !== null) return;
    this.#relayed = relayed;
    if (this.#hearer !== null) tell(this.#hearer, relayed);
    this.#hearer = null;
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
function tell(hearer: RelayHearer, relayed: Relayed): void {
  queueMicrotask(() => hearer.relayed(relayed));
}

function both(one: RelayHearer, other: RelayHearer): RelayHearer {
  return {
    relayed(relayed) {
      one.relayed(relayed);
      other.relayed(relayed);
    },
  };
}
