/** A connected socket that the runtime's event loop does not know: read and written by libc, watched by a data plane worker. */
import {
  SO_ERROR,
  packAddress,
  type PackedAddress,
  SOL_SOCKET,
  type SocketCalls,
  unpackAddress,
} from "./libc-socket.ts";
import { hideEnd, setMark, setTos } from "./socket-options.ts";
import { EAGAIN, EINTR, type SpliceCalls } from "./splice-calls.ts";
import type { Detachable } from "./splice.ts";
import type { SpliceWorker, Watch } from "./splice-plane.ts";
import type { Peeked, SocketAddress } from "./transport.ts";

const nothing = new Uint8Array(0);
const noAddress: SocketAddress = { kind: "unix", path: "" };
/** `struct sockaddr_in6`, the longest that comes here. */
const ownName = new Uint8Array(new ArrayBuffer(28));
/** How long `close` waits for a peer that does not take the last bytes. */
const flushMs = 10_000;

interface Waiter {
  readonly atLeast: number;
  readonly limit: number;
  readonly resolve: (peeked: Peeked) => void;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

/** What every raw connection needs to know of its surroundings. */
export interface RawSurroundings {
  readonly calls: SpliceCalls;
  readonly sockets: SocketCalls;
}

/** A Connection over a bare descriptor. `worker` looks at it while someone waits for something to happen. */
export class RawConnection implements Detachable {
  unread: Uint8Array = nothing;
  /** -1 once the socket is closed or given away. */
  #fd: number;
  #unsent: Uint8Array = nothing;
  #remote: SocketAddress | PackedAddress;
  #local: SocketAddress | PackedAddress | null;
  #watch: Watch | null = null;
  #waiter: Waiter | null = null;
  #onLost: ((code: string) => void) | null = null;
  #lost = false;
  #ended = false;
  /** Given up by its owner: what remains is to send the last bytes, and to read the peer's until it closes. */
  #leaving: { readonly lingers: boolean; readonly timer: ReturnType<typeof setTimeout> } | null = null;

  /** Takes the descriptor over. `local` is null where the socket must be asked for it. */
  constructor(
    readonly around: RawSurroundings,
    readonly worker: SpliceWorker,
    fd: number,
    remote: SocketAddress | PackedAddress,
    local: SocketAddress | null,
  ) {
    this.#fd = fd;
    this.#remote = remote;
    this.#local = local;
  }

  get remote(): SocketAddress {
    if (typeof this.#remote === "number" || this.#remote instanceof Uint8Array)
      this.#remote = unpackAddress(this.#remote) ?? noAddress;
    return this.#remote;
  }

  get local(): SocketAddress {
    this.#keepLocal();
    if (typeof this.#local === "number" || this.#local instanceof Uint8Array)
      this.#local = unpackAddress(this.#local) ?? noAddress;
    return this.#local ?? noAddress;
  }

  /** Asks the kernel while the descriptor is ours; afterwards nobody could. */
  #keepLocal(): void {
    if (this.#local !== null || this.#fd < 0) return;
    this.#local = this.around.calls.localName(this.#fd, ownName) < 0 ? noAddress : packAddress(ownName);
  }

  get fd(): number {
    return this.#fd;
  }

  get unsent(): Uint8Array {
    return this.#unsent;
  }

  get onLost(): ((code: string) => void) | null {
    return this.#onLost;
  }

  /** Watching costs two system calls, so it begins only if the connection is still held after the present turn. */
  set onLost(listener: ((code: string) => void) | null) {
    this.#onLost = listener;
    if (listener === null) return;
    if (this.#lost) queueMicrotask(() => this.#tellLost());
    else if (this.#watch === null) setImmediate(() => this.#onLost !== null && this.#look());
  }

  peek(atLeast: number, limit: number, deadlineMs: number): Promise<Peeked> {
    const wanted = Math.min(atLeast, limit);
    this.#read(limit);
    if (this.unread.length >= wanted || this.#ended || this.#lost) return Promise.resolve(this.#peeked(limit, "open"));
    return new Promise((resolve) => {
      const timer = deadlineMs > 0 ? setTimeout(() => this.#answer("timeout"), deadlineMs) : null;
      this.#waiter = { atLeast: wanted, limit, resolve, timer };
      this.#look();
    });
  }

  present(limit: number): Uint8Array {
    this.#read(limit);
    return this.unread.subarray(0, limit);
  }

  consume(count: number): void {
    this.unread = this.unread.subarray(count);
  }

  write(bytes: Uint8Array): void {
    const sent = this.#unsent.length > 0 ? 0 : this.#send(bytes);
    if (sent < bytes.length) this.#unsent = joined(this.#unsent, bytes.subarray(sent));
  }

  close(): void {
    // Closing over bytes that nobody has read would be a reset.
    this.#read(this.unread.length + unreadBytes);
    if (this.#fd < 0) return;
    if (this.#unsent.length === 0) this.#gone(false);
    else this.#leave(false, flushMs);
  }

  closeWith(bytes: Uint8Array, lingerMs: number): void {
    if (this.#fd < 0) return;
    this.write(bytes);
    this.#leave(true, lingerMs);
  }

  reset(): void {
    this.#gone(true);
  }

  setMark(mark: number): void {
    setMark(this.around.sockets, this.#fd, mark);
  }

  setTos(tos: number): void {
    setTos(this.around.sockets, this.#fd, tos);
  }

  drop(): void {
    if (this.#fd >= 0) this.#gone(!hideEnd(this.around.sockets, this.#fd));
  }

  detach(): number {
    const fd = this.#fd;
    this.#keepLocal();
    this.#unwatch();
    this.#onLost = null;
    this.#fd = -1;
    return fd;
  }

  #look(): void {
    if (this.#fd >= 0 && this.#watch === null && !this.worker.isFull)
      this.#watch = this.worker.watch(this.#fd, () => this.#onReady());
  }

  #unwatch(): void {
    if (this.#watch !== null) this.worker.release(this.#watch);
    this.#watch = null;
  }

  #onReady(): void {
    if (this.#leaving !== null) return this.#leaveOn();
    if (this.#unsent.length > 0) this.#unsent = this.#unsent.subarray(this.#send(this.#unsent));
    const waiter = this.#waiter;
    if (waiter !== null) {
      this.#read(waiter.limit);
      if (this.#ended) this.#answer("end");
      else if (this.unread.length >= waiter.atLeast) this.#answer("open");
      return;
    }
    const code = this.around.sockets.getOption(this.#fd, SOL_SOCKET, SO_ERROR);
    if (code > 0) this.#lose();
  }

  /** The socket has failed: nothing is left to be done with it, whoever holds the connection. */
  #lose(): void {
    this.#lost = true;
    if (this.#leaving !== null) clearTimeout(this.#leaving.timer);
    this.#unwatch();
    this.around.calls.close(this.#fd);
    this.#fd = -1;
    this.#answer("lost");
    this.#tellLost();
  }

  #tellLost(): void {
    const listener = this.#onLost;
    this.#onLost = null;
    listener?.("ECONNRESET");
  }

  /** Reads what there is until `limit` bytes are held, the socket is empty, or it has ended. */
  #read(limit: number): void {
    while (this.#fd >= 0 && this.unread.length < limit && !this.#ended) {
      const buffer = new Uint8Array(new ArrayBuffer(limit - this.unread.length));
      const taken = this.around.calls.recv(this.#fd, buffer);
      if (taken > 0) this.unread = joined(this.unread, buffer.subarray(0, taken));
      else if (taken === 0) this.#ended = true;
      else {
        const errno = this.around.calls.errno();
        if (errno === EINTR) continue;
        if (errno === EAGAIN) return;
        this.#lose();
      }
    }
  }

  /** Bytes that the kernel took; a failure counts as none, and shows itself when reading. */
  #send(bytes: Uint8Array): number {
    return bytes.length === 0 || this.#fd < 0 ? 0 : Math.max(0, this.around.calls.send(this.#fd, bytes));
  }

  #peeked(limit: number, state: Peeked["state"]): Peeked {
    const bytes = this.unread.subarray(0, limit);
    if (this.#lost) return { bytes, state: "lost" };
    return { bytes, state: this.#ended ? "end" : state };
  }

  #answer(state: Peeked["state"]): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    if (waiter.timer !== null) clearTimeout(waiter.timer);
    if (this.#onLost === null) this.#unwatch();
    const peeked = this.#peeked(waiter.limit, state);
    waiter.resolve(state === "lost" ? { bytes: peeked.bytes, state } : peeked);
  }

  #leave(lingers: boolean, limitMs: number): void {
    this.#onLost = null;
    this.#answer("lost");
    this.#leaving = { lingers, timer: setTimeout(() => this.#gone(this.#unsent.length > 0), limitMs) };
    if (this.#unsent.length === 0) this.around.calls.shutdownWrite(this.#fd);
    this.#look();
    if (this.#watch === null) this.#gone(true);
  }

  #leaveOn(): void {
    if (this.#unsent.length > 0) {
      this.#unsent = this.#unsent.subarray(this.#send(this.#unsent));
      if (this.#unsent.length > 0) return;
      if (this.#leaving?.lingers) this.around.calls.shutdownWrite(this.#fd);
      else return this.#gone(false);
    }
    this.unread = nothing;
    this.#read(65_536);
    if (this.#ended) this.#gone(false);
  }

  #gone(withReset: boolean): void {
    this.#onLost = null;
    this.#answer("lost");
    if (this.#leaving !== null) clearTimeout(this.#leaving.timer);
    this.#leaving = null;
    this.#unwatch();
    if (this.#fd < 0) return;
    if (withReset) this.around.calls.abort(this.#fd);
    else this.around.calls.close(this.#fd);
    this.#fd = -1;
  }
}

/** So much of what a peer has sent is read before it is closed. */
const unreadBytes = 16_384;

/** One buffer holding both; never shares memory with `second`. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
