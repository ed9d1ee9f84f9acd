/** Opens connections of the epoll transport, and layer 4 checks. */
import { ConnectOutcome } from "../connect-outcome.ts";
import { type Deadline, type Expiring, expireAfter } from "../deadlines.ts";
import type { EpollContext } from "./epoll-context.ts";
import { EpollConnection } from "./epoll-connection.ts";
import { connectionEvents } from "./epoll-loop.ts";
import type { Watched } from "./turn/places.ts";
import { EPOLLERR, EPOLLHUP, EPOLLOUT } from "../libc/epoll-calls.ts";
import { ECONNREFUSED } from "../libc/errno.ts";
import { familyOf, IPPROTO_TCP, SO_ERROR, SOL_SOCKET, TCP_QUICKACK } from "../libc/socket-calls.ts";
import { openSocket, setSocketOptions } from "./socket-options.ts";
import type { TurnConnector } from "./turn/turn-calls.ts";
import { codeError, connectError, deadlineError, systemError, thrownError } from "../system-error.ts";
import type { Connecting, Connection, ConnectOptions, ProbeHandler, TransportError } from "../transport.ts";

/** A handshake, from the socket to the connection. */
class Handshake extends ConnectOutcome implements Watched, Expiring, TurnConnector {
  protected readonly context: EpollContext;
  protected readonly options: ConnectOptions;
  #fd = -1;
  #place = -1;
  #timer: Deadline | null = null;

  constructor(context: EpollContext, options: ConnectOptions) {
    super();
    this.context = context;
    this.options = options;
  }

  /** Its time runs from here on, and a turn's handshakes go out at its end. */
  begin(): void {
    const { timeoutMs } = this.options;
    if (timeoutMs > 0) this.#timer = expireAfter(timeoutMs, this);
    this.context.loop.ends.connect(this);
  }

  /** TurnConnector. */
  get family(): number | null {
    const { address } = this.options;
    return this.isDone || address.kind !== "tcp" ? null : familyOf(address);
  }

  /** TurnConnector. */
  get delaysAck(): boolean {
    return !this.options.quickAck && this.options.address.kind === "tcp";
  }

  /** TurnConnector. */
  opened(fd: number): number {
    try {
      if (fd < 0) throw connectError(-fd, "socket");
      this.#fd = fd;
      setSocketOptions(this.context.calls, fd, this.options);
      return (this.#place = this.context.loop.enter(this));
    } catch (error) {
      this.#refuse(error);
      return -1;
    }
  }

  /** TurnConnector. */
  go(result: number): void {
    try {
      if (result < 0) throw systemError(-result);
      this.#begin();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** TurnConnector. */
  connect(): void {
    if (this.isDone) return;
    const { calls, loop } = this.context;
    try {
      this.#fd = openSocket(calls, this.options);
      if (this.delaysAck) calls.setOption(this.#fd, IPPROTO_TCP, TCP_QUICKACK, 0);
      this.#begin();
      const place = loop.register(this.#fd, connectionEvents, this);
      if (place < 0) throw systemError(-place);
      this.#place = place;
    } catch (error) {
      this.#refuse(error);
    }
  }

  #begin(): void {
    const result = this.context.calls.connect(this.#fd, this.options.address);
    if (result < 0) throw connectError(-result, "connect");
  }

  /** What the kernel says no to at once is told later. */
  #refuse(error: unknown): void {
    this.leave();
    queueMicrotask(() => this.settle(thrownError(error, "EINVAL")));
  }

  /** Expiring. */
  expire(): void {
    this.fail(deadlineError());
  }

  ready(events: number): void {
    // A unix socket that was answered and closed at once hangs up, too, and has an answer to give.
    const isSuspect = (events & EPOLLERR) !== 0 || ((events & EPOLLHUP) !== 0 && this.options.address.kind === "tcp");
    if (isSuspect) {
      const errno = this.context.calls.getOption(this.#fd, SOL_SOCKET, SO_ERROR);
      this.fail(systemError(errno > 0 ? errno : ECONNREFUSED));
    } else if ((events & EPOLLOUT) !== 0) this.connected(events);
  }

  cancel(): void {
    this.fail(codeError("ECANCELED"));
  }

  fail(error: TransportError): void {
    if (this.isDone) return;
    this.leave();
    this.settle(error);
  }

  /** Gives the socket back: one that was answered just now ends at once, and not with a clean end. */
  protected leave(): void {
    this.#timer?.cancel();
    if (this.#place >= 0) this.context.loop.forget(this.#place);
    this.#place = -1;
    if (this.#fd < 0) return;
    this.context.calls.setNoLinger(this.#fd);
    this.context.loop.ends.close(this.#fd);
    this.#fd = -1;
  }

  protected connected(events: number): void {
    this.#timer?.cancel();
    const { address } = this.options;
    const local = address.kind === "tcp" ? null : address;
    const connection = new EpollConnection(this.context, this.#fd, this.#place, address, local);
    connection.out.isPrompt = address.kind !== "tcp";
    connection.out.isBounded = this.options.buffers.unsentBytes > 0;
    // What came with the end of the handshake is not told again.
    connection.ready(events);
    this.settle(connection);
  }
}

/** Transport.connect. Takes every option: one that the kernel does not grant is the attempt's error. */
export function epollConnect(context: EpollContext, options: ConnectOptions): Connecting {
  const handshake = new Handshake(context, options);
  handshake.begin();
  return handshake;
}

/**
 * With TCP_QUICKACK off the ACK of the server's SYN-ACK is delayed, and the reset goes out in its place: the server's kernel
 * forgets the connection before it is accepted, so sshd writes no line. A unix socket's server sees it come and go.
 */
class Probe extends Handshake {
  /** Null: it has been told. */
  #handler: ProbeHandler | null;

  constructor(context: EpollContext, options: ConnectOptions, handler: ProbeHandler) {
    super(context, options);
    this.#handler = handler;
  }

  override get delaysAck(): boolean {
    return this.options.address.kind === "tcp";
  }

  protected override get isDone(): boolean {
    return this.#handler === null;
  }

  protected override connected(): void {
    this.leave();
    this.#tell(null);
  }

  protected override settle(outcome: Connection | TransportError): void {
    this.#tell(outcome as TransportError);
  }

  #tell(failure: TransportError | null): void {
    const handler = this.#handler;
    this.#handler = null;
    handler?.probed(failure);
  }
}

/** Transport.probe. Of TCP the server's program sees nothing: the handshake is not finished. */
export function epollProbe(
  context: EpollContext,
  options: ConnectOptions,
  handler: ProbeHandler,
): Pick<Connecting, "cancel"> {
  const handshake = new Probe(context, options, handler);
  handshake.begin();
  return handshake;
}
