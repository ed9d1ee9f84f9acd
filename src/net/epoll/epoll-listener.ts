/** Listening sockets of the epoll transport. */
import { defaultBacklog, guarded, namelessClient } from "../listen/accepting.ts";
import { isHere, unpace, unpaceChosen } from "./congestion.ts";
import { type Retiring, Retirement, patienceMs } from "../listen/retirement.ts";
import type { EpollContext } from "./epoll-context.ts";
import { EpollConnection } from "./epoll-connection.ts";
import { listenerEvents } from "./epoll-loop.ts";
import type { Watched } from "./turn/places.ts";
import type { CallRing } from "../libc/call-ring.ts";
import { EAGAIN, ECONNABORTED, EINTR, EINVAL, EPROTO } from "../libc/errno.ts";
import {
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_NODELAY,
  TCP_QUICKACK,
} from "../libc/socket-calls.ts";
import { listeningGroups, type ListeningGroups, type Member } from "../listen/listening-groups.ts";
import { openListeningSocket, setBuffers, setKeepAlive } from "./socket-options.ts";
import { codeError, thrownError } from "../system-error.ts";
import type { Connection, Listener, ListenOptions } from "../transport.ts";
import { isLoopback, type SocketAddress } from "../../address.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "../listen/socket-file.ts";

/** Clients taken in one turn before others have theirs. */
const turnAccepts = 64;
/** Nobody is accepted for so long when the system has nothing left to do it with. */
const exhaustedMs = 100;
/** Clients of a listener that goes taken in one turn. */
const lastAccepts = 256;

/** Transport.listen. Takes every option: one that the kernel does not grant is an error. */
export function epollListen(
  context: EpollContext,
  options: ListenOptions,
  accept: (client: Connection) => void,
): Promise<Listener> {
  try {
    return Promise.resolve(new EpollListener(context, options, accept));
  } catch (error) {
    return Promise.reject(thrownError(error, "EINVAL"));
  }
}

class EpollListener implements Listener, Watched, Retiring {
  readonly address: SocketAddress;
  readonly fd: number;
  readonly #context: EpollContext;
  readonly #accept: (client: Connection) => void;
  readonly #file: SocketFile | null;
  #lent: ListenOptions["lent"];
  readonly #options: ListenOptions;
  readonly #groups: ListeningGroups;
  readonly #member: Member | null;
  #retirement: Retirement | null = null;
  #gone: (() => void) | null = null;
  #isDiverted = false;
  #buffers: ListenOptions["buffers"];
  /** In the loop; -1 while paused. */
  #place = -1;
  #isPaused = false;
  #isClosed = false;
  #isRetiring = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The loop's turn in which there was a client last. */
  #lastTurn = 0;
  /** So many came in it, where many are asked for at once. */
  #lastCount = 0;

  constructor(context: EpollContext, options: ListenOptions, accept: (client: Connection) => void) {
    const { calls } = context;
    const { address } = options;
    this.#context = context;
    this.#accept = guarded(accept);
    this.#options = options;
    this.#groups = listeningGroups(calls);
    this.#buffers = options.buffers;
    this.#lent = options.lent;
    const temporary = address.kind === "unix" && this.#lent === undefined ? temporaryPath(address.path) : null;
    this.fd = this.#lent?.fd ?? openListeningSocket(calls, options, temporary);
    try {
      this.#file =
        temporary !== null && address.kind === "unix" ? placeSocketFile(temporary, address.path, options) : null;
      const bound = calls.localAddress(this.fd);
      if (bound === null) throw codeError("ENOTSOCK");
      this.address = address.kind === "unix" || address.kind === "abstract" ? address : bound;
      // An inherited socket may listen already; without this it may not.
      calls.listen(this.fd, options.backlog ?? defaultBacklog);
      this.#bequeath(options.keepAlive);
      if (!options.quickAck) this.#setQuickAck(false);
      if (!this.#watch()) throw codeError("ENOMEM");
      // A socket that others have as well is not ours to divert.
      this.#member = address.kind === "fd" ? null : this.#groups.join(this.fd, bound, options.interface);
    } catch (error) {
      calls.close(this.fd);
      throw error;
    }
  }

  /** What a client's socket inherits from the one it is accepted from costs no call for each. */
  #bequeath(keepAlive: ListenOptions["keepAlive"]): void {
    if (this.address.kind !== "tcp") return;
    const { calls } = this.#context;
    calls.setOption(this.fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (keepAlive === null) calls.setOption(this.fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    else setKeepAlive(calls, this.fd, keepAlive);
  }

  #setQuickAck(quickAck: boolean): void {
    if (this.address.kind === "tcp")
      this.#context.calls.setOption(this.fd, IPPROTO_TCP, TCP_QUICKACK, quickAck ? 1 : 0);
  }

  /** False when the system has no room for it. */
  #watch(): boolean {
    this.#place = Math.max(-1, this.#context.loop.register(this.fd, listenerEvents, this));
    return this.#place >= 0;
  }

  /** Watches again, now or as soon as the system has room for it. */
  #watchAgain(): void {
    if (!this.#watch()) this.#rest();
  }

  #unwatch(): void {
    if (this.#place >= 0) this.#context.loop.release(this.#place, this.fd);
    this.#place = -1;
  }

  ready(): void {
    // Most often there is just one, and no use in asking for another. Where more wait the loop is woken again at once.
    const { turns, ring } = this.#context.loop;
    const isDense = turns - this.#lastTurn === 1;
    this.#lastTurn = turns;
    if (isDense && ring?.accepts === true) return this.#takeMany(ring);
    const atMost = isDense ? turnAccepts : 1;
    for (let count = 0; count < atMost && this.#place >= 0; count++) if (!this.#take()) return;
  }

  /** As many as came last time and some more, in one call. */
  #takeMany(ring: CallRing): void {
    const asked = Math.min(turnAccepts, this.#lastCount + (this.#lastCount >> 1) + 1);
    for (let count = 0; count < asked; count++) ring.accept(this.fd);
    const seen = ring.submit();
    // Whoever takes one may come to the ring.
    const came = Array.from({ length: seen }, (_, which): readonly [number, SocketAddress | null] => [
      ring.result(which),
      ring.result(which) < 0 ? null : ring.acceptedAddress(which),
    ]);
    this.#lastCount = came.filter(([fd]) => fd >= 0).length;
    let goesOn = true;
    for (const [fd, address] of came) if (fd >= 0 || goesOn) goesOn = this.#took(fd, address);
  }

  /** Accepts one client; false when there is none. */
  #take(): boolean {
    const { calls } = this.#context;
    const fd = calls.accept(this.fd);
    return this.#took(fd, fd < 0 ? null : calls.acceptedAddress());
  }

  /** What came of accepting: a client's descriptor, from there, or the negative errno. False when there is nobody. */
  #took(fd: number, from: SocketAddress | null): boolean {
    const { calls } = this.#context;
    if (fd < 0) {
      // Whoever gave up while waiting is no reason not to look at the next.
      if (fd === -ECONNABORTED || fd === -EINTR || fd === -EPROTO) return true;
      // A unix socket that takes nobody new may say that there is no waiting for anybody.
      if (fd !== -EAGAIN && !(fd === -EINVAL && this.#retirement !== null)) this.#rest();
      return false;
    }
    if (this.#retirement !== null) this.#retirement.arrivals += 1;
    setBuffers(calls, fd, this.#buffers);
    const { address } = this;
    const local = address.kind === "tcp" ? null : address;
    const remote = this.#remote(from);
    if (this.#mayPace && remote.kind === "tcp" && isHere(remote.host)) this.#unpace(fd);
    const client = new EpollConnection(this.#context, fd, -1, remote, local);
    client.out.isBounded = this.#buffers.unsentBytes > 0;
    this.#accept(client);
    return true;
  }

  #unpace(fd: number): void {
    const { calls } = this.#context;
    // Whoever made an inherited socket may have chosen.
    if (this.#options.address.kind === "fd") unpace(calls, fd);
    else unpaceChosen(calls, fd);
  }

  /** Clients of this machine do not inherit what suits them. */
  get #mayPace(): boolean {
    const { address, congestion } = this.#options;
    return congestion === null && !(address.kind === "tcp" && isLoopback(address.host));
  }

  #remote(from: SocketAddress | null): SocketAddress {
    const { kind } = this.address;
    return kind === "tcp" ? (from ?? namelessClient("unix")) : namelessClient(kind);
  }

  /** Out of descriptors or memory: the kernel would tell of the waiting client again and again. */
  #rest(): void {
    this.#unwatch();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#isPaused && !this.#isClosed && !this.#isRetiring) this.#watchAgain();
    }, exhaustedMs);
  }

  /** The kernel goes on completing handshakes. */
  pause(): void {
    if (this.#isPaused || this.#isClosed) return;
    this.#isPaused = true;
    this.#unwatch();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    if (this.#isRetiring) this.#retirement?.hurry();
    else if (this.#timer === null) this.#watchAgain();
  }

  change(options: Pick<ListenOptions, "backlog" | "keepAlive" | "buffers" | "quickAck">): void {
    if (this.#isClosed) return;
    this.#buffers = options.buffers;
    this.#context.calls.listen(this.fd, options.backlog ?? defaultBacklog);
    this.#bequeath(options.keepAlive);
    this.#setQuickAck(options.quickAck);
  }

  keep(): void {
    this.#file?.keep();
  }

  retire(gone: () => void): void {
    if (this.#isClosed || this.#isRetiring) return;
    this.#isRetiring = true;
    this.#file?.remove();
    this.#unwatch();
    this.#gone = gone;
    const lent = this.#giveBack();
    if (lent === null) this.#beginRetirement();
    else void lent.then(() => this.#beginRetirement());
  }

  #beginRetirement(): void {
    if (this.#isClosed) return;
    this.#retirement = new Retirement(this, patienceMs(this.address, this.#options.deferAccept));
    this.#retirement.begin();
  }

  divert(attempt: number): void {
    const { calls } = this.#context;
    if (this.#member !== null) this.#groups.divert(this.#member, attempt);
    else if (this.#options.address.kind === "fd") return;
    // Who has just found the file that it had may still come.
    else if (this.address.kind === "abstract" || this.#isDiverted) calls.shutdownRead(this.fd);
    this.#isDiverted = true;
    // The handshake ends without the client's first bytes.
    if (this.#options.deferAccept && attempt === 0) calls.setOption(this.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
  }

  drain(): "empty" | "more" | "held" {
    for (let count = 0; count < lastAccepts; count++) {
      if (this.#isPaused) return this.#options.address.kind === "fd" ? "empty" : "held";
      if (!this.#take()) return this.#timer === null ? "empty" : "held";
    }
    return "more";
  }

  closeRetired(): void {
    this.close();
    this.#gone?.();
  }

  mayClose(): boolean {
    return this.#member === null || this.#groups.mayClose(this.#member);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#retirement?.stop();
    this.#file?.remove();
    // Not only closed: an inherited descriptor is another process's as well.
    this.#unwatch();
    if (this.#member !== null) this.#groups.leave(this.#member);
    this.#context.calls.close(this.fd);
    void this.#giveBack();
  }

  #giveBack(): Promise<void> | null {
    const done = this.#lent?.giveBack() ?? null;
    this.#lent = undefined;
    return done;
  }
}
