/**
 * What a turn of the loop has the kernel do at its end: small sends, connections that are to be watched, descriptors that are to be closed,
 * and connections that are to be begun. Much of it goes in one call where the kernel has one for that: a third to a fifth of what
 * one each costs, and whoever is woken has its turn behind the last of them.
 */
import type { CallRing } from "../../libc/call-ring.ts";
import { IPPROTO_TCP, SOCK_STREAM, type SocketCalls, TCP_QUICKACK } from "../../libc/socket-calls.ts";
import { mostSends, TurnSends } from "./turn-sends.ts";

/** So many of each kind wait at most. */
const most = mostSends;
/** Entries that a ring needs: it takes all that waits, and two of each connection that is to be begun. */
export const ringEntries = 4 * most;

/** Whose descriptor is to be watched. */
export interface TurnEntrant {
  /** The kernel does not watch it. Calls nobody back before it returns. */
  unwatched(errno: number): void;
}

/** Whose connection is to be begun. None of these throw, or call anybody back before they return. */
export interface TurnConnector {
  /** Of a socket of TCP that can be opened for it; null: all is left to `connect`, or nothing is to be done any more. */
  readonly family: number | null;
  /** TCP_QUICKACK is to be off before it connects. */
  readonly delaysAck: boolean;
  /** Opens its socket, begins the connection, and watches it, whatever comes of that. */
  connect(): void;
  /** Owns this socket from now on, or there is none: the negative errno. Returns its place in the loop, or -1: it is over. */
  opened(fd: number): number;
  /** Its socket is watched, or is not: the negative errno. Begins the connection. */
  go(result: number): void;
}

/** The epoll whose turns these are. */
export interface TurnEpoll {
  /** Watches a descriptor for all that may happen to a connection; 0 or the negative errno. */
  watch(fd: number, place: number): number;
  /** The same by a ring; which of its calls it is. */
  watchBy(ring: CallRing, fd: number, place: number): number;
}

interface Entering {
  readonly fd: number;
  readonly place: number;
  readonly who: TurnEntrant;
}

export class TurnCalls {
  readonly sends: TurnSends;
  readonly #calls: SocketCalls;
  readonly #epoll: TurnEpoll;
  readonly #ring: CallRing | null;
  #entering: Entering[] = [];
  #closing: number[] = [];
  #connecting: TurnConnector[] = [];
  #isTurn = false;

  /** `ring`: of `ringEntries`, and nobody else's; null: each is a call of its own. */
  constructor(calls: SocketCalls, epoll: TurnEpoll, ring: CallRing | null) {
    this.#calls = calls;
    this.#epoll = epoll;
    this.sends = new TurnSends(calls, ring);
    this.#ring = ring?.doesAll === true ? ring : null;
  }

  /** A turn begins: what comes up waits from now on. */
  begin(): void {
    this.#isTurn = true;
    this.sends.begin();
  }

  /** The turn is over: does what waits. */
  end(): void {
    this.#isTurn = false;
    this.sends.end();
    this.#settle();
  }

  /** Watches a descriptor, in a turn by its end. False: that is for the caller to do, now. */
  watch(fd: number, place: number, who: TurnEntrant): boolean {
    if (!this.#isTurn || this.#ring === null) return false;
    if (this.#entering.length === most) this.#settle();
    this.#entering.push({ fd, place, who });
    return true;
  }

  /** The place's descriptor is to be watched no more. True: it was not yet. */
  unwatch(place: number): boolean {
    const at = this.#entering.findIndex((one) => one.place === place);
    if (at >= 0) this.#entering.splice(at, 1);
    return at >= 0;
  }

  /** Closes a descriptor, in a turn at its end. Nothing of its own waits any more. */
  close(fd: number): void {
    if (!this.#isTurn) return void this.#calls.close(fd);
    // They are descriptors that others could have.
    if (this.#closing.push(fd) === most) this.#settle();
  }

  /** Begins a connection, in a turn at its end. */
  connect(one: TurnConnector): void {
    if (!this.#isTurn) return one.connect();
    if (this.#connecting.push(one) === most) this.#settle();
  }

  #settle(): void {
    const count = this.sends.count + this.#entering.length + this.#closing.length + this.#connecting.length;
    if (count === 0) return;
    const { sends } = this;
    const [entering, closing, connecting] = [this.#entering, this.#closing, this.#connecting];
    [this.#entering, this.#closing, this.#connecting] = [[], [], []];
    if (this.#ring !== null && count > 1) return this.#settleBy(this.#ring, entering, closing, connecting);
    sends.sendAll();
    for (const one of entering) this.#watch(one, this.#epoll.watch(one.fd, one.place));
    for (const fd of closing) this.#calls.close(fd);
    // Last: the kernel has at hand for their sockets what those closed just now have left. A session costs some per cent less so.
    for (const one of connecting) one.connect();
  }

  #watch(one: Entering, result: number): void {
    if (result < 0) one.who.unwatched(-result);
  }

  #settleBy(ring: CallRing, entering: Entering[], closing: number[], connecting: TurnConnector[]): void {
    const sends = this.sends.fill(ring);
    const watches = entering.map(({ fd, place }) => this.#epoll.watchBy(ring, fd, place));
    const closes = closing.map((fd) => ring.closeOne(fd));
    const families = connecting.map(({ family }) => family);
    const sockets = families.map((family) => (family === null ? -1 : ring.socket(family, SOCK_STREAM)));
    const seen = ring.submit();
    // What it has not looked at is done without it. Its results go with its next use: nobody may come to that in between.
    const came = (which: number, byCall: () => number): number => (which < seen ? ring.result(which) : byCall());
    const fds = sockets.map((which, index) =>
      which < 0 ? -1 : came(which, () => this.#calls.socket(families[index] as number, SOCK_STREAM)),
    );
    for (const [index, one] of entering.entries())
      this.#watch(
        one,
        came(watches[index] as number, () => this.#epoll.watch(one.fd, one.place)),
      );
    this.sends.collect(Math.min(seen, sends));
    for (const [index, fd] of closing.entries()) came(closes[index] as number, () => this.#calls.close(fd));
    if (connecting.length > 0) this.#connectBy(ring, connecting, families, fds);
  }

  #connectBy(ring: CallRing, connecting: TurnConnector[], families: (number | null)[], fds: number[]): void {
    const going: {
      readonly one: TurnConnector;
      readonly fd: number;
      readonly place: number;
      readonly watch: number;
    }[] = [];
    for (const [index, one] of connecting.entries()) {
      if (families[index] === null) {
        one.connect();
        continue;
      }
      const fd = fds[index] as number;
      const place = one.opened(fd);
      if (place < 0) continue;
      if (one.delaysAck) ring.setOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
      // Before it connects: what the socket says of itself then is looked at when it does.
      going.push({ one, fd, place, watch: this.#epoll.watchBy(ring, fd, place) });
    }
    if (going.length === 0) return;
    const seen = ring.submit();
    const results = going.map(({ fd, place, watch }) =>
      watch < seen ? ring.result(watch) : this.#epoll.watch(fd, place),
    );
    for (const [index, { one }] of going.entries()) one.go(results[index] as number);
  }
}
