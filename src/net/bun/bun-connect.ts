/** Opens connections by Bun's own connect, and tries whether one can be opened. */
import type { Socket } from "bun";
import { BunConnection, connectionHandlers } from "./bun-connection.ts";
import { ConnectOutcome, probe } from "../connect-outcome.ts";
import { refuseConnectOptions } from "../refused-options.ts";
import { codeError, deadlineError, thrownError } from "../system-error.ts";
import type { Connecting, ConnectOptions, ProbeHandler, TransportError } from "../transport.ts";

/** One attempt: ended once, by whatever comes first. */
class Attempt extends ConnectOutcome {
  readonly options: ConnectOptions;
  readonly #timer: ReturnType<typeof setTimeout> | null;

  constructor(options: ConnectOptions) {
    super();
    this.options = options;
    this.#timer = options.timeoutMs > 0 ? setTimeout(() => this.fail(deadlineError()), options.timeoutMs) : null;
  }

  cancel(): void {
    this.fail(codeError("ECANCELED"));
  }

  fail(error: TransportError): void {
    this.#stopTimer();
    this.settle(error);
  }

  connected(socket: Socket<Attempt>): void {
    if (this.isDone) {
      // Too late: a connect under way cannot be cancelled.
      socket.terminate();
      return;
    }
    this.#stopTimer();
    const { address, keepAlive } = this.options;
    if (keepAlive !== null && address.kind === "tcp") socket.setKeepAlive(true, (keepAlive.idleSeconds ?? 0) * 1000);
    const local = address.kind === "tcp" ? null : address;
    this.settle(new BunConnection(socket as unknown as Socket<BunConnection>, address, local));
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** A socket's `data` is the attempt until it is connected, the connection from then on; both take the events by these names. */
type Connectable = Attempt | BunConnection;

const handlers = {
  ...connectionHandlers,
  open(socket: Socket<Connectable>): void {
    (socket.data as Attempt).connected(socket as Socket<Attempt>);
  },
  drain(socket: Socket<Connectable>): void {
    if (socket.data instanceof BunConnection) socket.data.onDrain();
  },
  data(socket: Socket<Connectable>, bytes: Uint8Array): void {
    if (socket.data instanceof BunConnection) socket.data.onData(bytes);
  },
  end(socket: Socket<Connectable>): void {
    if (socket.data instanceof BunConnection) socket.data.onEnd();
  },
  close(socket: Socket<Connectable>, error?: Error): void {
    const { data } = socket;
    if (data instanceof BunConnection) data.onClosed(error);
    else data.fail(thrownError(error ?? {}, "ECONNREFUSED"));
  },
  connectError(socket: Socket<Connectable>, error: Error): void {
    (socket.data as Attempt).fail(thrownError(error, "ECONNREFUSED"));
  },
};

/** Transport.connect. What Bun has begun cannot be stopped: after `cancel`, or too late, the socket is reset when it comes. */
export function bunConnect(options: ConnectOptions): Connecting {
  const attempt = new Attempt(options);
  try {
    refuseConnectOptions(options);
    Bun.connect({
      ...targetOf(options),
      allowHalfOpen: true,
      data: attempt,
      socket: { binaryType: "uint8array", ...handlers },
    } as unknown as Bun.TCPSocketConnectOptions<Connectable>).then(
      () => undefined,
      (error: unknown) => attempt.fail(thrownError(error, "ECONNREFUSED")),
    );
  } catch (error) {
    attempt.fail(thrownError(error, "ECONNREFUSED"));
  }
  return attempt;
}

function targetOf(options: ConnectOptions): object {
  const { address, source } = options;
  if (address.kind === "unix") return { unix: address.path };
  if (address.kind === "abstract") return { unix: `\0${address.name}` };
  const local = source === null ? {} : { localAddress: source.host, localPort: source.port };
  return { hostname: address.host, port: address.port, ...local };
}

/** Transport.probe. The server's accept() sees it. */
export function bunProbe(options: ConnectOptions, handler: ProbeHandler): Pick<Connecting, "cancel"> {
  return probe(bunConnect(options), handler);
}
