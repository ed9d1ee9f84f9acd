/** How an attempt to connect ended, told to whoever asks: a promise is only made for those who want one, for most are sessions. */
import { type Connecting, type Connection, type ConnectHearer, type ProbeHearer, TransportError } from "./transport.ts";

/** `done` and `whenDone` of a Connecting. */
export abstract class ConnectOutcome implements Connecting {
  #outcome: Connection | TransportError | null = null;
  #hearer: ConnectHearer | null = null;

  abstract cancel(): void;

  get done(): Promise<Connection> {
    return new Promise((resolve, reject) => this.whenDone({ connected: resolve, refused: reject }));
  }

  whenDone(hearer: ConnectHearer): void {
    const outcome = this.#outcome;
    const former = this.#hearer;
    // Not at once: whoever asks has just begun.
    if (outcome !== null) queueMicrotask(() => tell(hearer, outcome));
    else this.#hearer = former === null ? hearer : both(former, hearer);
  }

  protected get isDone(): boolean {
    return this.#outcome !== null;
  }

  /** Only the first end counts. */
  protected settle(outcome: Connection | TransportError): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    if (this.#hearer !== null) tell(this.#hearer, outcome);
    this.#hearer = null;
  }
}

function tell(hearer: ConnectHearer, outcome: Connection | TransportError): void {
  if (outcome instanceof TransportError) hearer.refused(outcome);
  else hearer.connected(outcome);
}

function both(one: ConnectHearer, other: ConnectHearer): ConnectHearer {
  return {
    connected(connection) {
      one.connected(connection);
      other.connected(connection);
    },
    refused(error) {
      one.refused(error);
      other.refused(error);
    },
  };
}

/** Transport.probe: a connection that is reset in the turn in which it was opened. */
export function probe(connecting: Connecting, hearer: ProbeHearer): Pick<Connecting, "cancel"> {
  connecting.whenDone({
    connected(connection) {
      connection.reset();
      hearer.probed(null);
    },
    refused: (error) => hearer.probed(error),
  });
  return connecting;
}
