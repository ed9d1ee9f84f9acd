/** One connected Bun socket: paused from birth, its bytes held until the proxy has decided. */
import type { Socket } from "bun";
import { EAGAIN, IPPROTO_TCP, socketCalls, TCP_NOTSENT_LOWAT } from "./libc-socket.ts";
import type { RelaySocket, SocketOwner } from "./portable-relay.ts";
import { hideEnd, setMark, setTos } from "./socket-options.ts";
import type { Connection, Peeked, SocketAddress } from "./transport.ts";

interface Waiter {
  readonly atLeast: number;
  readonly limit: number;
  readonly resolve: (peeked: Peeked) => void;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

const nothing = new Uint8Array(0);
/** Of a socket that is gone before anybody asked. */
const noAddress: SocketAddress = { kind: "unix", path: "" };
/** How long `close` waits for a peer that does not take the last bytes. */
const flushMs = 10_000;
/** A chunk from which on more is taken to be waiting. */
const bulkBytes = 32 * 1024;
/** What one connection may read in a turn before the others have theirs, in buffers. */
const turnReads = 8;
/** What a bulk connection's kernel buffer may hold unsent; without it one that does not read costs megabytes. */
const unsentBytes = 512 * 1024;
const calls = socketCalls();
const pullBuffer = new Uint8Array(new ArrayBuffer(128 * 1024));

/**
 * Connections of this turn. Most are relayed before it is over, and those spare Bun two changes of what it asks of the
 * kernel; until then a connection reads one chunk at the most.
 */
let fresh: BunConnection[] = [];

function pauseFresh(): void {
  const all = fresh;
  fresh = [];
  for (const connection of all) connection.settle();
}

/** Bun's handlers for every socket once it is connected: each event goes to the connection in the socket's `data`. */
export const connectionHandlers = {
  data: (socket: Socket<BunConnection>, bytes: Uint8Array): void => socket.data.onData(bytes),
  drain: (socket: Socket<BunConnection>): void => socket.data.onDrain(),
  end: (socket: Socket<BunConnection>): void => socket.data.onEnd(),
  close(socket: Socket<BunConnection>, error?: Error): void {
    // A client that was gone before it was accepted has no connection.
    (socket.data as BunConnection | undefined)?.onClosed(error);
  },
};

/** The portable Connection. A relay takes it over by setting `owner`. */
export class BunConnection implements Connection, RelaySocket {
  readonly socket: Socket<BunConnection>;
  readonly remote: SocketAddress;
  owner: SocketOwner | null = null;
  /** Received and not yet consumed. */
  held: Uint8Array = nothing;
  /** To be sent: the kernel did not take it. */
  rest: Uint8Array | null = null;
  /** The peer sent FIN. */
  ended = false;
  /** FIN was sent to the peer. */
  shut = false;
  /** The socket is gone. */
  closed = false;
  /** Why the socket is gone; null after a clean end. */
  lostCode: string | null = null;
  /** The socket is paused: nobody wants its bytes, or others have their turn. */
  paused = false;
  #isWanted = false;
  /** It is sent more than small messages, and its kernel buffer was bounded. */
  #isBulk = false;
  #local: SocketAddress | null = null;
  #waiter: Waiter | null = null;
  #onLost: ((code: string) => void) | null = null;
  /** Given up by the proxy: what comes is dropped; set by `close` and `closeWith`. */
  #leaving = false;
  #leaveTimer: ReturnType<typeof setTimeout> | null = null;

  /** `remote` is given where the socket itself does not say it. Paused from the next turn on, unless someone wants its bytes by then. */
  constructor(socket: Socket<BunConnection>, remote: SocketAddress, local: SocketAddress | null) {
    this.socket = socket;
    this.remote = remote;
    this.#local = local;
    socket.data = this;
    if (fresh.push(this) === 1) setImmediate(pauseFresh);
  }

  /** Leaves the bytes in the kernel, unless they are wanted. */
  settle(): void {
    if (!this.#isWanted && !this.closed) this.#stop();
  }

  get local(): SocketAddress {
    if (this.#local === null && this.socket.localAddress !== undefined)
      this.#local = { kind: "tcp", host: plainHost(this.socket.localAddress), port: this.socket.localPort };
    return this.#local ?? noAddress;
  }

  get fd(): number {
    return (this.socket as unknown as { fd: number }).fd;
  }

  get onLost(): ((code: string) => void) | null {
    return this.#onLost;
  }

  /** A loss that came before anybody listened is told to the first who does. */
  set onLost(listener: ((code: string) => void) | null) {
    this.#onLost = listener;
    if (listener !== null && this.lostCode !== null) queueMicrotask(() => this.#tellLost());
  }

  peek(atLeast: number, limit: number, deadlineMs: number): Promise<Peeked> {
    const wanted = Math.min(atLeast, limit);
    if (this.held.length >= wanted || this.ended || this.closed) return Promise.resolve(this.#peeked(limit, "open"));
    return new Promise((resolve) => {
      const timer = deadlineMs > 0 ? setTimeout(() => this.#answer("timeout"), deadlineMs) : null;
      this.#waiter = { atLeast: wanted, limit, resolve, timer };
      this.resume();
    });
  }

  consume(count: number): void {
    this.held = this.held.subarray(count);
  }

  write(bytes: Uint8Array): void {
    this.send(bytes);
  }

  get isFull(): boolean {
    return this.rest !== null;
  }

  send(bytes: Uint8Array): boolean {
    if (this.closed) return false;
    if (this.rest !== null) {
      this.rest = joined(this.rest, bytes);
      return false;
    }
    if (!this.#isBulk && bytes.length >= bulkBytes) {
      this.#isBulk = true;
      if (this.remote.kind === "tcp") calls?.setOption(this.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsentBytes);
    }
    const taken = this.socket.write(bytes);
    if (taken === bytes.length) return true;
    // -1: the socket is going away, and its close event will say how. A copy, so that the chunk it was part of can go.
    this.rest = bytes.slice(Math.max(0, taken));
    return false;
  }

  close(): void {
    this.#leave(null, flushMs);
  }

  closeWith(bytes: Uint8Array, lingerMs: number): void {
    this.#leave(bytes, lingerMs);
  }

  reset(): void {
    this.#leaving = true;
    this.#answer("lost");
    if (!this.closed) this.socket.terminate();
  }

  get setMark(): ((mark: number) => void) | undefined {
    const calls = socketCalls();
    return calls === null ? undefined : (mark) => setMark(calls, this.fd, mark);
  }

  get setTos(): ((tos: number) => void) | undefined {
    const calls = socketCalls();
    return calls === null ? undefined : (tos) => setTos(calls, this.fd, tos);
  }

  get drop(): (() => void) | undefined {
    const calls = socketCalls();
    if (calls === null) return undefined;
    return () => {
      if (this.closed || !hideEnd(calls, this.fd)) return this.reset();
      this.#leaving = true;
      this.#answer("lost");
      this.socket.close();
    };
  }

  /** Takes the socket from Bun without a word on the wire; the descriptor returned is the caller's. -1 when the connection is lost. */
  detach(): number {
    const fd = this.closed ? -1 : (socketCalls()?.duplicate(this.fd) ?? -1);
    this.#local = this.local;
    this.#leaving = true;
    if (fd >= 0) this.socket.close();
    else this.reset();
    return fd;
  }

  pause(): void {
    this.#isWanted = false;
    this.#stop();
  }

  #stop(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#isWanted = true;
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Sends FIN; the socket closes itself when the peer has sent its own. */
  shutdown(): void {
    if (this.shut || this.closed) return;
    this.shut = true;
    this.socket.shutdown();
  }

  hangUp(): void {
    if (!this.closed) this.socket.close();
  }

  terminate(): void {
    this.rest = null;
    if (!this.closed) this.socket.terminate();
  }

  readOn(): void {
    this.#isWanted = true;
    if (calls === null) this.resume();
    else this.#pull();
  }

  onData(bytes: Uint8Array): void {
    if (this.owner !== null) {
      if (this.owner.data(this, bytes) && bytes.length >= bulkBytes && calls !== null) this.#pull();
      return;
    }
    if (this.#leaving) return;
    this.held = this.held.length === 0 ? bytes : joined(this.held, bytes);
    const waiter = this.#waiter;
    if (waiter === null) this.pause();
    else if (this.held.length >= waiter.atLeast) this.#answer("open");
  }

  onDrain(): void {
    if (this.rest === null) return;
    const taken = Math.max(0, this.socket.write(this.rest));
    this.rest = taken < this.rest.length ? this.rest.subarray(taken) : null;
    if (this.owner !== null) {
      if (taken > 0) this.owner.drained(this, this.rest === null);
    } else if (this.rest === null && this.#leaving) this.#flushed();
  }

  onEnd(): void {
    this.ended = true;
    if (this.owner !== null) return this.owner.end(this);
    if (!this.#leaving) this.#answer("end");
  }

  onClosed(error: Error | undefined): void {
    this.closed = true;
    const code = error === undefined ? null : ((error as { code?: string }).code ?? "ECONNRESET");
    // After a FIN of ours Bun does not tell the peer's FIN by `end`, but closes.
    if (code === null) this.ended = true;
    if (this.#leaveTimer !== null) clearTimeout(this.#leaveTimer);
    if (this.owner !== null) return this.owner.closed(this, code);
    this.lostCode = code;
    if (this.#leaving) return;
    this.#answer(code === null ? "end" : "lost");
    this.#tellLost();
  }

  /**
   * Reads on by libc while there is more, into one buffer for all connections.
   *
   * Bun would allocate up to 512 KiB for each read, copy into it, and leave that much with us when the other side stalls.
   */
  #pull(): void {
    if (calls === null || this.owner === null) return;
    for (let left = turnReads; left > 0; left--) {
      const count = calls.recv(this.fd, pullBuffer);
      if (count > 0) {
        const bytes = count === pullBuffer.length ? pullBuffer : pullBuffer.subarray(0, count);
        if (!this.owner.data(this, bytes)) return;
        if (count === pullBuffer.length) continue;
      } else if (count < 0 && count !== -EAGAIN) {
        // The error is told only once, and Bun would take what follows for a clean end.
        this.owner.closed(this, "ECONNRESET");
        return;
      }
      // Nothing more for now, or FIN, which Bun finds again by itself.
      this.resume();
      return;
    }
    this.#stop();
    setImmediate(() => this.#pullAgain());
  }

  /** The next turn of a connection that had more to read than one turn allows. */
  #pullAgain(): void {
    if (this.#isWanted && !this.ended && !this.closed) this.#pull();
  }

  #peeked(limit: number, state: Peeked["state"]): Peeked {
    const bytes = this.held.length > limit ? this.held.subarray(0, limit) : this.held;
    if (this.lostCode !== null) return { bytes, state: "lost" };
    return { bytes, state: this.ended ? "end" : state };
  }

  #answer(state: Peeked["state"]): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    if (waiter.timer !== null) clearTimeout(waiter.timer);
    if (!this.closed) this.pause();
    const peeked = this.#peeked(waiter.limit, state);
    waiter.resolve(state === "lost" ? { bytes: peeked.bytes, state } : peeked);
  }

  #tellLost(): void {
    const listener = this.#onLost;
    if (listener === null || this.lostCode === null || this.owner !== null || this.#leaving) return;
    this.#onLost = null;
    listener(this.lostCode);
  }

  #lingers = false;

  #leave(last: Uint8Array | null, limitMs: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#lingers = last !== null;
    this.#answer("lost");
    if (last !== null) this.write(last);
    if (this.closed) return;
    if (this.rest === null) this.#flushed();
    if (!this.closed) this.#leaveTimer = setTimeout(() => this.#giveUp(), limitMs);
  }

  /** Reads what has come and nobody wants: close(2) would answer it with RST, and the last bytes sent could be lost. */
  #discard(): void {
    if (calls === null || this.remote.kind !== "tcp") return;
    for (let left = turnReads; left > 0 && calls.recv(this.fd, pullBuffer) > 0; left--);
  }

  #flushed(): void {
    if (!this.#lingers) {
      this.#discard();
      this.socket.close();
      return;
    }
    this.shutdown();
    if (!this.closed) this.resume();
  }

  /** The peer took its time: what it did not take is lost, so it must not look like a clean end. */
  #giveUp(): void {
    if (this.closed) return;
    if (this.rest === null) this.socket.close();
    else this.socket.terminate();
  }
}

/** One buffer holding both. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** An IPv4 address that came through an IPv6 socket, in its own form; others as they are. */
export function plainHost(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host;
}
