/** Accepts by libc: a data plane worker tells when a listener has connections, the control thread takes them. */
import { IPPROTO_TCP, packAddress, TCP_NODELAY } from "./libc-socket.ts";
import { RawConnection, type RawSurroundings } from "./raw-connection.ts";
import { setKeepAlive } from "./socket-options.ts";
import { EAGAIN } from "./splice-calls.ts";
import type { SpliceWorker, Watch } from "./splice-plane.ts";
import type { Connection, KeepAlive, Listener, ListenOptions, SocketAddress } from "./transport.ts";

/** Connections taken before others of the control thread's duties have their turn. */
const turnConnections = 64;
/** How long accepting rests when the system is out of descriptors or memory: it does not say when it has some again. */
const restMs = 100;
const sockaddrBytes = 28;

/** A Listener over another one that is bound and paused: the connections in its backlog are taken by accept4. */
export class RawListener implements Listener {
  readonly #peer = new Uint8Array(new ArrayBuffer(sockaddrBytes));
  /** What every connection here has as its own address; null where each must be asked. */
  readonly #local: SocketAddress | null;
  #watch: Watch | null;
  #paused = false;
  #mayHaveMore = true;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `base` must leave its connections in the kernel's backlog from now on; it is closed with this one. */
  constructor(
    readonly around: RawSurroundings,
    readonly worker: SpliceWorker,
    readonly base: Listener,
    public keepAlive: KeepAlive | null,
    isTransparent: boolean,
    readonly accept: (client: Connection) => void,
  ) {
    this.#local = isTransparent || isWildcard(base.address) ? null : base.address;
    this.#watch = worker.watch(base.fd, () => {
      this.#mayHaveMore = true;
      this.#take();
    });
  }

  get address(): SocketAddress {
    return this.base.address;
  }

  get fd(): number {
    return this.base.fd;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#take();
  }

  change(options: Pick<ListenOptions, "backlog" | "keepAlive">): void {
    this.keepAlive = options.keepAlive;
    this.base.change?.(options);
  }

  close(): void {
    if (this.#watch === null) return;
    this.worker.release(this.#watch);
    this.#watch = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.base.close();
  }

  #take(): void {
    for (let taken = 0; taken < turnConnections; taken++) {
      if (this.#paused || this.#watch === null || !this.#mayHaveMore) return;
      if (this.worker.isCrowded) return this.#later(restMs);
      const fd = this.around.calls.accept(this.base.fd, this.#peer);
      if (fd < 0) {
        const errno = this.around.calls.errno();
        if (errno === EAGAIN) this.#mayHaveMore = false;
        else if (!fleeting.has(errno)) return this.#later(restMs);
        continue;
      }
      this.#accepted(fd);
    }
    this.#later(0);
  }

  #accepted(fd: number): void {
    const { sockets } = this.around;
    sockets.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (this.keepAlive !== null) setKeepAlive(sockets, fd, this.keepAlive);
    this.accept(new RawConnection(this.around, this.worker, fd, packAddress(this.#peer), this.#local));
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#take();
    }, ms);
  }
}

function isWildcard(address: SocketAddress): boolean {
  return address.kind === "tcp" && (address.host === "0.0.0.0" || address.host === "::");
}

/** accept4's errors that concern the one connection only: EINTR, EPROTO, ECONNABORTED. */
const fleeting = new Set([4, 71, 103]);
