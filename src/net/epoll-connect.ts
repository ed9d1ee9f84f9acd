/** Opens connections of the epoll transport, and layer 4 checks. */
import { type Deadline, type Expiring, expireAfter } from "./deadlines.ts";
import { EpollConnection, type Ground } from "./epoll-connection.ts";
import { connectionEvents, type Watched } from "./epoll-loop.ts";
import { EPOLLERR, EPOLLHUP, EPOLLOUT } from "./libc-epoll.ts";
import { IPPROTO_TCP, SO_ERROR, SOL_SOCKET, TCP_QUICKACK } from "./libc-socket.ts";
import { openSocket } from "./socket-options.ts";
import { systemError, thrownError } from "./system-error.ts";
import { type Connecting, type Connection, type ConnectOptions, TransportError } from "./transport.ts";

const ECONNREFUSED = 111;

/** A handshake: told once how it ended, unless it is given up before. */
abstract class Handshake implements Watched, Expiring {
  protected readonly ground: Ground;
  protected readonly options: ConnectOptions;
  protected fd = -1;
  protected place = -1;
  #isOver = false;
  #timer: Deadline | null = null;

  constructor(ground: Ground, options: ConnectOptions) {
    this.ground = ground;
    this.options = options;
  }

  /** Sets what the handshake itself depends on; the socket is not connected yet. */
  protected prepare(): void {}

  /** Whoever is called owns `fd`. */
  protected abstract connected(events: number): void;
  protected abstract failed(error: TransportError): void;

  /** May tell a failure at once. */
  begin(): void {
    const { calls, loop } = this.ground;
    const { options } = this;
    try {
      this.fd = openSocket(calls, options);
      this.prepare();
      const result = calls.connect(this.fd, options.address);
      if (result < 0) throw systemError(-result);
      const place = loop.watch(this.fd, connectionEvents, this);
      if (place < 0) throw systemError(-place);
      this.place = place;
    } catch (error) {
      return this.fail(thrownError(error, "EINVAL"));
    }
    if (options.timeoutMs > 0) this.#timer = expireAfter(options.timeoutMs, this);
  }

  /** Expiring. */
  expire(): void {
    this.fail(new TransportError("ETIMEDOUT", "Connection timed out", true));
  }

  ready(events: number): void {
    // A unix socket that was answered and closed at once hangs up, too, and has an answer to give.
    const isSuspect = (events & EPOLLERR) !== 0 || ((events & EPOLLHUP) !== 0 && this.options.address.kind === "tcp");
    if (isSuspect) {
      const errno = this.ground.calls.getOption(this.fd, SOL_SOCKET, SO_ERROR);
      this.fail(systemError(errno > 0 ? errno : ECONNREFUSED));
    } else if ((events & EPOLLOUT) !== 0 && this.#settle()) this.connected(events);
  }

  fail(error: TransportError): void {
    if (!this.#settle()) return;
    if (this.place >= 0) this.ground.loop.forget(this.place);
    if (this.fd >= 0) {
      // A handshake that was answered just now ends at once, and not with a clean end.
      this.ground.calls.setNoLinger(this.fd);
      this.ground.calls.close(this.fd);
    }
    this.failed(error);
  }

  #settle(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer?.cancel();
    return true;
  }
}

class Attempt extends Handshake implements Connecting {
  readonly done: Promise<Connection>;
  #resolve!: (connection: Connection) => void;
  #reject!: (error: TransportError) => void;

  constructor(ground: Ground, options: ConnectOptions) {
    super(ground, options);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  cancel(): void {
    this.fail(new TransportError("ECANCELED", "Operation canceled"));
  }

  protected connected(events: number): void {
    const { address } = this.options;
    const local = address.kind === "tcp" ? null : address;
    const connection = new EpollConnection(this.ground, this.fd, this.place, address, local);
    connection.isPrompt = address.kind !== "tcp";
    // What came with the end of the handshake is not told again.
    connection.ready(events);
    this.#resolve(connection);
  }

  protected failed(error: TransportError): void {
    this.#reject(error);
  }
}

/** Transport.connect. */
export function epollConnect(ground: Ground, options: ConnectOptions): Connecting {
  const attempt = new Attempt(ground, options);
  attempt.begin();
  return attempt;
}

/**
 * With TCP_QUICKACK off the ACK of the server's SYN-ACK is delayed, and the reset goes out in its place: the server's kernel
 * forgets the connection before it is accepted, so sshd writes no line. A unix socket's server sees it come and go.
 */
class Probe extends Handshake {
  readonly result: Promise<TransportError | null>;
  #resolve!: (result: TransportError | null) => void;

  constructor(ground: Ground, options: ConnectOptions) {
    super(ground, options);
    this.result = new Promise((resolve) => (this.#resolve = resolve));
  }

  protected override prepare(): void {
    if (this.options.address.kind === "tcp") this.ground.calls.setOption(this.fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  }

  protected connected(): void {
    new EpollConnection(this.ground, this.fd, this.place, this.options.address, null).reset();
    this.#resolve(null);
  }

  protected failed(error: TransportError): void {
    this.#resolve(error);
  }
}

/** Transport.probe. */
export function epollProbe(ground: Ground, options: ConnectOptions): Promise<TransportError | null> {
  const probe = new Probe(ground, options);
  probe.begin();
  return probe.result;
}
