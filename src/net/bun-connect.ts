/** Opens connections: by libc's connect where FFI works, which tells the truth about failures, else by Bun's own. */
import type { Socket } from "bun";
import { BunConnection, connectionHandlers } from "./bun-connection.ts";
import { type SocketCalls, socketCalls } from "./libc-socket.ts";
import { openSocket } from "./socket-options.ts";
import { systemError, thrownError } from "./system-error.ts";
import { type Connecting, type Connection, type ConnectOptions, TransportError } from "./transport.ts";

/** One attempt: settled once, by whatever comes first. */
class Attempt implements Connecting {
  readonly done: Promise<Connection>;
  readonly options: ConnectOptions;
  settled = false;
  /** Known at once with libc, only when connected without it. */
  socket: Socket<Attempt> | null = null;
  readonly #resolve: (connection: Connection) => void;
  readonly #reject: (error: TransportError) => void;
  readonly #timer: ReturnType<typeof setTimeout> | null;

  constructor(options: ConnectOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    this.done = promise;
    this.options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer =
      options.timeoutMs > 0
        ? setTimeout(() => this.fail(new TransportError("ETIMEDOUT", "Connection timed out", true)), options.timeoutMs)
        : null;
  }

  cancel(): void {
    this.fail(new TransportError("ECANCELED", "Operation canceled"));
  }

  fail(error: TransportError): void {
    if (this.settled) return;
    this.#settle();
    this.socket?.terminate();
    this.#reject(error);
  }

  connected(socket: Socket<Attempt>): void {
    if (this.settled) return;
    this.#settle();
    const { address } = this.options;
    const local = address.kind === "tcp" ? null : address;
    this.#resolve(new BunConnection(socket as unknown as Socket<BunConnection>, address, local));
  }

  #settle(): void {
    this.settled = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** A socket's `data` is the attempt until it is connected, the connection from then on; both take the events by these names. */
type Connectable = Attempt | BunConnection;

const handlers = {
  ...connectionHandlers,
  open(socket: Socket<Connectable>): void {
    const attempt = socket.data as Attempt;
    attempt.socket = socket as Socket<Attempt>;
    if (attempt.settled) {
      socket.terminate();
      return;
    }
    // Bun says "open" for a descriptor whose handshake still goes on: only a connected one has a remote address.
    if (isConnected(socket)) attempt.connected(socket as Socket<Attempt>);
    else socket.pause();
  },
  drain(socket: Socket<Connectable>): void {
    const { data } = socket;
    if (data instanceof BunConnection) data.onDrain();
    else if (isConnected(socket)) data.connected(socket as Socket<Attempt>);
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

function isConnected(socket: Socket<Connectable>): boolean {
  const { options } = socket.data as Attempt;
  return options.address.kind !== "tcp" || socket.remoteAddress !== undefined;
}

/** Transport.connect. */
export function bunConnect(options: ConnectOptions): Connecting {
  const attempt = new Attempt(options);
  const calls = socketCalls();
  try {
    const target = calls === null ? plainTarget(options) : { fd: dial(calls, options) };
    Bun.connect({
      ...target,
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

/** A descriptor whose handshake has begun. */
function dial(calls: SocketCalls, options: ConnectOptions): number {
  const fd = openSocket(calls, options);
  const result = calls.connect(fd, options.address);
  if (result < 0) {
    calls.close(fd);
    throw systemError(-result);
  }
  return fd;
}

/** What Bun's own connect can do of the options; an option that it cannot set is an error, not ignored. */
function plainTarget(options: ConnectOptions): object {
  const { address, source } = options;
  if (options.interface !== null || options.transparent || options.mark !== null)
    throw new TransportError(
      "ENOPROTOOPT",
      "interface, transparent sources and marks need libc, which cannot be called here",
    );
  if (address.kind === "unix") return { unix: address.path };
  if (address.kind === "abstract") return { unix: `\0${address.name}` };
  const local = source === null ? {} : { localAddress: source.host, localPort: source.port };
  return { hostname: address.host, port: address.port, ...local };
}
