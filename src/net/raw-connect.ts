/** Opens connections by libc alone, for pairs that a data plane worker will relay. */
import { IPPROTO_TCP, SO_ERROR, SOL_SOCKET, TCP_NODELAY } from "./libc-socket.ts";
import { RawConnection, type RawSurroundings } from "./raw-connection.ts";
import { openSocket } from "./socket-options.ts";
import type { SpliceWorker, Watch } from "./splice-plane.ts";
import { systemError, thrownError } from "./system-error.ts";
import { type Connecting, type Connection, type ConnectOptions, TransportError } from "./transport.ts";

const EALREADY = 114;
const EISCONN = 106;

/** An attempt whose handshake takes its time. Owns the descriptor until it is connected. */
class RawAttempt implements Connecting {
  readonly done: Promise<Connection>;
  /** -1 once the attempt has ended. */
  #fd: number;
  #resolve!: (connection: Connection) => void;
  #reject!: (error: TransportError) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #watch: Watch | null = null;

  constructor(
    readonly around: RawSurroundings,
    readonly worker: SpliceWorker,
    fd: number,
    readonly options: ConnectOptions,
  ) {
    this.#fd = fd;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#watch = worker.watch(fd, () => this.#onReady());
    const { timeoutMs } = options;
    if (timeoutMs === 0) return;
    this.#timer = setTimeout(() => {
      this.#fail(new TransportError("ETIMEDOUT", "Connection timed out", true));
    }, timeoutMs);
  }

  cancel(): void {
    this.#fail(new TransportError("ECANCELED", "Operation canceled"));
  }

  #onReady(): void {
    const { sockets } = this.around;
    const errno = sockets.getOption(this.#fd, SOL_SOCKET, SO_ERROR);
    if (errno !== 0) this.#fail(systemError(Math.abs(errno), "connect"));
    else if (sockets.remoteAddress(this.#fd) !== null) this.#connected();
  }

  #connected(): void {
    const fd = this.#settle();
    if (fd >= 0) this.#resolve(new RawConnection(this.around, this.worker, fd, this.options.address, null));
  }

  #fail(error: TransportError): void {
    const fd = this.#settle();
    if (fd < 0) return;
    this.around.calls.close(fd);
    this.#reject(error);
  }

  /** Ends the attempt and hands the descriptor to the caller; -1 when it has ended before. */
  #settle(): number {
    const fd = this.#fd;
    this.#fd = -1;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#watch !== null) this.worker.release(this.#watch);
    this.#watch = null;
    return fd;
  }
}

const ignore = (): void => {};

/**
 * Transport.connect by libc; `worker` watches over a handshake that takes its time. On loopback it is over when connect
 * returns, so that most attempts need neither timer nor watch.
 */
export function rawConnect(around: RawSurroundings, worker: SpliceWorker, options: ConnectOptions): Connecting {
  const { sockets, calls } = around;
  const { address } = options;
  let fd: number;
  try {
    fd = openSocket(sockets, options);
  } catch (error) {
    return { done: Promise.reject(thrownError(error, "EINVAL")), cancel: ignore };
  }
  if (address.kind === "tcp") sockets.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  const first = sockets.connect(fd, address);
  // Asked again, the kernel tells whether the handshake is over already.
  const result = first < 0 ? first : sockets.connect(fd, address);
  if (result === 0 || result === -EISCONN) {
    return { done: Promise.resolve(new RawConnection(around, worker, fd, address, null)), cancel: ignore };
  }
  if (result === -EALREADY && !worker.isFull) return new RawAttempt(around, worker, fd, options);
  calls.close(fd);
  const error =
    result === -EALREADY ? new TransportError("EAGAIN", "no room in the data plane") : systemError(-result, "connect");
  return { done: Promise.reject(error), cancel: ignore };
}
