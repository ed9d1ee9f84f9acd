/** Opens connections, and probes, by node:net. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { ConnectOutcome, probe } from "../connect-outcome.ts";
import { NodeConnection } from "./node-connection.ts";
import { refuseConnectOptions } from "../refused-options.ts";
import { codeError, deadlineError, thrownError } from "../system-error.ts";
import type { Connecting, ConnectOptions, ProbeHandler, TransportError } from "../transport.ts";

/** One attempt: ended once, by whatever comes first. */
class Attempt extends ConnectOutcome {
  readonly #options: ConnectOptions;
  #socket: Socket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: ConnectOptions) {
    super();
    this.#options = options;
  }

  /** May fail at once. */
  begin(): void {
    const options = this.#options;
    if (options.timeoutMs > 0) this.#timer = setTimeout(() => this.#fail(deadlineError()), options.timeoutMs);
    try {
      refuseConnectOptions(options);
      const socket = connect(target(options));
      this.#socket = socket;
      socket.on("error", this.#failed);
      socket.once("connect", () => this.#connected(socket));
    } catch (error) {
      this.#fail(thrownError(error, "EINVAL"));
    }
  }

  cancel(): void {
    this.#fail(codeError("ECANCELED"));
  }

  readonly #failed = (error: Error): void => this.#fail(thrownError(error, "ECONNREFUSED"));

  #connected(socket: Socket): void {
    if (this.isDone) return;
    this.#stopTimer();
    const { address } = this.#options;
    const connection = new NodeConnection(socket, address, address.kind === "tcp" ? null : address);
    socket.off("error", this.#failed);
    this.settle(connection);
  }

  #fail(error: TransportError): void {
    if (this.isDone) return;
    this.#stopTimer();
    this.#socket?.destroy();
    this.settle(error);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Transport.connect. An attempt that has failed or was given up leaves no socket behind. */
export function nodeConnect(options: ConnectOptions): Connecting {
  const attempt = new Attempt(options);
  attempt.begin();
  return attempt;
}

function target({ address, source, keepAlive }: ConnectOptions): NetConnectOpts {
  const common = { allowHalfOpen: true, noDelay: true };
  if (address.kind === "unix") return { ...common, path: address.path };
  if (address.kind === "abstract") return { ...common, path: `\0${address.name}` };
  return {
    ...common,
    host: address.host,
    port: address.port,
    ...(source === null ? {} : { localAddress: source.host, ...(source.port > 0 ? { localPort: source.port } : {}) }),
    ...(keepAlive === null ? {} : { keepAlive: true, keepAliveInitialDelay: (keepAlive.idleSeconds ?? 0) * 1000 }),
  };
}

/** Transport.probe. The server's accept() sees it: without libc the handshake cannot be left unfinished. */
export function nodeProbe(options: ConnectOptions, handler: ProbeHandler): Pick<Connecting, "cancel"> {
  return probe(nodeConnect(options), handler);
}
