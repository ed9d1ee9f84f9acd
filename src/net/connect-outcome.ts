/** How an attempt to connect ended, told to whoever asks: a promise is only made for those who want one, for most are sessions. */
import {
  type Connecting,
  type Connection,
  type ConnectHandler,
  type ProbeHandler,
  TransportError,
} from "./transport.ts";

/** `done` and `whenDone` of a Connecting. */
export abstract class ConnectOutcome implements Connecting {
  #outcome: Connection | TransportError | null = null;
  #handler: ConnectHandler | null = null;

  abstract cancel(): void;

  get done(): Promise<Connection> {
    return new Promise((resolve, reject) => this.whenDone({ connected: resolve, refused: reject }));
  }

  whenDone(handler: ConnectHandler): void {
    const outcome = this.#outcome;
    const former = this.#handler;
    // Not at once: whoever asks has just begun.
    if (outcome !== null) queueMicrotask(() => tell(handler, outcome));
    else this.#handler = former === null ? handler : both(former, handler);
  }

  protected get isDone(): boolean {
    return this.#outcome !== null;
  }

  /** Only the first end counts. */
  protected settle(outcome: Connection | TransportError): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    if (this.#handler !== null) tell(this.#handler, outcome);
    this.#handler = null;
  }
}

function tell(handler: ConnectHandler, outcome: Connection | TransportError): void {
  if (outcome instanceof TransportError) handler.refused(outcome);
  else handler.connected(outcome);
}

function both(one: ConnectHandler, other: ConnectHandler): ConnectHandler {
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
export function probe(connecting: Connecting, handler: ProbeHandler): Pick<Connecting, "cancel"> {
  connecting.whenDone({
    connected(connection) {
      connection.reset();
      handler.probed(null);
    },
    refused: (error) => handler.probed(error),
  });
  return connecting;
}
