/** Opens connections by libc alone, for pairs that a data plane worker will relay. */
import { IPPROTO_TCP, SO_ERROR, SOL_SOCKET, TCP_NODELAY } from "./libc-socket.ts";
import { RawConnection, type RawSurroundings } from "./raw-connection.ts";
import { openSocket } from "./socket-options.ts";
import type { SpliceWorker, Watch } from "./splice-plane.ts";
import { systemError, thrownError } from "./system-error.ts";
import { type Connecting, type Connection, type ConnectOptions, TransportError } from "./transport.ts";

const EALREADY = 114;
const EISCONN = 106;

/** One attempt. On loopback the handshake is over when connect returns, so that most attempts need neither timer nor watch. */
class RawAttempt implements Connecting {
  readonly done: Promise<Connection>;
  #resolve!: (connection: Connection) => void;
  #reject!: (error: TransportError) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #watch: Watch | null = null;
  #fd = -1;

  constructor(
    readonly around: RawSurroundings,
    readonly worker: SpliceWorker,
    readonly options: ConnectOptions,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  begin(): this {
    const { sockets } = this.around;
    try {
      this.#fd = openSocket(sockets, this.options);
    } catch (error) {
      this.#reject(thrownError(error, "EINVAL"));
      return this;
    }
    if (this.options.address.kind === "tcp") sockets.setOption(this.#fd, IPPROTO_TCP, TCP_NODELAY, 1);
    const first = sockets.connect(this.#fd, this.options.address);
    // Asked again, the kernel tells whether the handshake is over already.
    const result = first < 0 ? first : sockets.connect(this.#fd, this.options.address);
    if (result === 0 || result === -EISCONN) this.#connected();
    else if (result !== -EALREADY) this.#fail(systemError(-result, "connect"));
    else this.#wait();
    return this;
  }

  cancel(): void {
    this.#fail(new TransportError("ECANCELED", "Operation canceled"));
  }

  #wait(): void {
    if (this.worker.isFull) return this.#fail(new TransportError("EAGAIN", "no room in the data plane"));
    this.#watch = this.worker.watch(this.#fd, () => this.#onReady());
    const { timeoutMs } = this.options;
    if (timeoutMs === 0) return;
    const late = new TransportError("ETIMEDOUT", "Connection timed out", true);
    this.#timer = setTimeout(() => this.#fail(late), timeoutMs);
  }

  #onReady(): void {
    const { sockets } = this.around;
    const errno = sockets.getOption(this.#fd, SOL_SOCKET, SO_ERROR);
    if (errno !== 0) this.#fail(systemError(Math.abs(errno), "connect"));
    else if (sockets.remoteAddress(this.#fd) !== null) this.#connected();
  }

  #connected(): void {
    const fd = this.#settle();
    if (fd >= 0) this.#resolve(new RawConnection(this.around, this.worker, fd, this.options.address));
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

/** Transport.connect by libc; `worker` watches over a handshake that takes its time. */
export function rawConnect(around: RawSurroundings, worker: SpliceWorker, options: ConnectOptions): Connecting {
  return new RawAttempt(around, worker, options).begin();
}
