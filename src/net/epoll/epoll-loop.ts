/** One epoll for all sockets of the epoll transport, inside the event loop of Bun. */
import type { Socket } from "bun";
import { drainMicrotasks } from "bun:jsc";
import { beginTurn, clockMs, endTurn } from "../../clock.ts";
import {
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  type EpollCalls,
  epollEventInts,
  loadEpollCalls,
} from "../libc/epoll-calls.ts";
import { type CallRing, openCallRing } from "../libc/call-ring.ts";
import { type Place, placeIn } from "./epoll-place.ts";
import { Places, type Watched } from "./turn/places.ts";
import { ReadAhead } from "./turn/read-ahead.ts";
import { ringEntries, TurnCalls, type TurnEntrant, type TurnEpoll } from "./turn/turn-calls.ts";
import { SOCK_SEQPACKET, type SocketCalls, socketCalls } from "../libc/socket-calls.ts";

/** Everything that may happen to a connected socket, told once each time it happens. */
export const connectionEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
/** A listener tells as long as somebody waits. */
export const listenerEvents = EPOLLIN;

/** Events looked at in one turn; the others have theirs in the next. */
const turnEvents = 256;
/** How long a new loop may take to show that it is woken. */
const trialMs = 1000;
/** Turns that follow each other within `denseMs` show that there is enough to do to sleep here rather than in Bun. */
const denseTurns = 8;
const denseMs = 1;
/** How long turns go on before Bun has its own: what its timers may be late while much goes on. */
const stintMs = 1;
/** The same while nothing goes on. Less than a tick of the kernel's clock would cost a timer of its own for each sleep: several µs. */
const sleepMs = 5;
/** The place of Bun's own epoll in ours. */
const bunPlace = -1;

/** Who wants another look before long. */
export interface Unfinished {
  again(): void;
}

/** Who has to be looked at when nothing was heard for a while. */
export interface Pausing {
  /** Monotonic ms: not before; Infinity for not at all. */
  readonly lookAt: number;
  /** What was told at `now` has been heard. What it throws is told as an uncaught exception. */
  look(now: number): void;
}

/**
 * Bun's own sockets cost a connection several epoll_ctl, fcntl and getpeername calls, and memory for each. These cost one
 * epoll_ctl, at the price of a loop within Bun's: its epoll holds ours, and wakes when ours has something.
 *
 * Bun calls nobody back for a descriptor that it does not know. So ours stands in its epoll in the place of a socket that it
 * does know, `bell`: one end of a pair whose other end keeps bytes in it. When ours is ready Bun believes
 * that socket to be, reads a byte from it, and calls `#ring`.
 *
 * That way round every turn costs three more calls than a loop of its own would. So while much goes on the two change places: ours
 * holds Bun's, we sleep, and Bun has its turn when it has something to do, and every few milliseconds for its timers.
 */
export class EpollLoop implements TurnEpoll {
  readonly #calls: EpollCalls;
  readonly #sockets: SocketCalls;
  readonly #epoll: number;
  readonly #events = new Int32Array(new ArrayBuffer(turnEvents * epollEventInts * 4));
  readonly #places: Places;
  #unfinished: Unfinished[] = [];
  readonly #pausing: Pausing[] = [];
  /** `stay` has been asked for. */
  #willStay = false;
  /** The end that Bun reads. */
  bell: Socket | null = null;
  /** The end that is written to. */
  #rope = -1;
  /** What its turns end with. */
  readonly ends: TurnCalls;
  /** For calls that are submitted before anybody else can come to it; null: there is none. */
  readonly ring: CallRing | null;
  readonly #ahead: ReadAhead | null;
  /** How often something was ready. */
  turns = 0;
  /** Bun's epoll, and how it knows the bell. */
  #bun: Place = { epoll: -1, low: 0, high: 0 };
  #lastRingAt = 0;
  #denseRings = 0;
  /** Bun's epoll hangs in ours. */
  #isStinting = false;
  #isBunReady = false;

  /** `firstGeneration`: what places begin to count their uses from. */
  constructor(calls: EpollCalls, sockets: SocketCalls, firstGeneration = 0) {
    this.#calls = calls;
    this.#sockets = sockets;
    this.#places = new Places(firstGeneration);
    this.#epoll = calls.create();
    if (this.#epoll < 0) throw new Error("epoll_create1 failed");
    const ring = openCallRing(sockets, ringEntries);
    this.ring = ring?.doesAll === true ? ring : null;
    this.ends = new TurnCalls(sockets, this, ring);
    this.#ahead = this.ring === null ? null : new ReadAhead(this.ring, this.#places);
  }

  /** Hangs the loop into Bun's. Throws where that is not possible. */
  async hang(): Promise<void> {
    const pair = this.#sockets.pair(SOCK_SEQPACKET);
    if (typeof pair === "number") throw new Error("socketpair failed");
    const [bell, rope] = pair;
    this.#rope = rope;
    const options = {
      fd: bell,
      socket: { data: () => this.#ring(), open: () => undefined, error: rethrow },
    };
    this.bell = await Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<undefined>);
    const place = placeIn(bell);
    if (place === null) throw new Error("the event loop's epoll is not to be found in /proc/self");
    this.#bun = place;
    this.#calls.remove(place.epoll, bell);
    if (this.#hangInBun() < 0) throw new Error("the event loop's epoll does not take another");
    this.#pull();
    await this.#prove();
  }

  /** Sees whether it is really woken. */
  async #prove(): Promise<void> {
    const pair = this.#sockets.pair(SOCK_SEQPACKET);
    if (typeof pair === "number") throw new Error("socketpair failed");
    const [one, other] = pair;
    let place = -1;
    const woken = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), trialMs);
      place = this.register(one, connectionEvents, {
        ready(events) {
          if ((events & EPOLLIN) === 0) return;
          clearTimeout(timer);
          resolve(true);
        },
      });
    });
    this.#sockets.send(other, new Uint8Array(new ArrayBuffer(1)));
    const isWoken = await woken;
    this.forget(place);
    for (const fd of pair) this.#sockets.close(fd);
    if (!isWoken) throw new Error("the event loop is not woken by another epoll");
  }

  /** Registers a descriptor. Returns its place, for `forget`, or the negative errno. */
  register(fd: number, events: number, watched: Watched): number {
    const place = this.#places.take(watched);
    const result = this.#calls.add(this.#epoll, fd, events, place, this.#places.generation(place));
    if (result >= 0) return place;
    this.#places.leave(place);
    return result;
  }

  /** The same of a connection, which may be watched by the end of the turn only. */
  registerSoon(fd: number, watched: Watched & TurnEntrant): number {
    const place = this.#places.take(watched);
    const result = this.ends.watch(fd, place, watched) ? 0 : this.watch(fd, place);
    if (result >= 0) return place;
    this.#places.leave(place);
    return result;
  }

  /** A place for one whose descriptor is not watched yet. */
  enter(watched: Watched): number {
    return this.#places.take(watched);
  }

  /** TurnEpoll. */
  watch(fd: number, place: number): number {
    return this.#calls.add(this.#epoll, fd, connectionEvents, place, this.#places.generation(place));
  }

  /** TurnEpoll. */
  watchBy(ring: CallRing, fd: number, place: number): number {
    return ring.watch(this.#epoll, fd, connectionEvents, place, this.#places.generation(place));
  }

  /** Another hears of the place's descriptor from now on. */
  hand(place: number, watched: Watched): void {
    this.#places.hand(place, watched);
  }

  /** Nobody hears of it any more; to be called before the descriptor is closed, which takes it out of the epoll. */
  forget(place: number): void {
    this.ends.unwatch(place);
    this.#places.leave(place);
  }

  /** The same for a descriptor that stays open. */
  release(place: number, fd: number): void {
    if (!this.ends.unwatch(place)) this.#calls.remove(this.#epoll, fd);
    this.#places.leave(place);
  }

  /** Has `again` called once the others have had their turn. */
  later(one: Unfinished): void {
    if (this.#unfinished.push(one) === 1 && !this.#isStinting) setImmediate(() => this.#finish());
  }

  /** Looks at `one` from now on, while it is stayed. */
  attend(one: Pausing): void {
    this.#pausing.push(one);
  }

  /**
   * Somebody is to be looked at. That is cheap from where we sleep ourselves, and no timer of Bun's could do it: so that is where
   * we sleep until nobody is any more.
   */
  stay(): void {
    if (this.#isStinting || this.#willStay) return;
    this.#willStay = true;
    setImmediate(() => {
      this.#willStay = false;
      if (!this.#isStinting) this.#changePlaces();
    });
  }

  /** When somebody is to be looked at; Infinity: nobody is. */
  get #lookAt(): number {
    let first = Infinity;
    for (const { lookAt } of this.#pausing) if (lookAt < first) first = lookAt;
    return first;
  }

  #look(now: number): void {
    for (const one of this.#pausing) {
      if (one.lookAt > now) continue;
      try {
        one.look(now);
      } catch (error) {
        rethrow(undefined, error);
      }
    }
  }

  /** How long to sleep while nothing goes on. */
  get #restMs(): number {
    const lookAt = this.#lookAt;
    return lookAt === Infinity ? sleepMs : Math.max(0, Math.min(sleepMs, Math.ceil(lookAt - performance.now())));
  }

  #finish(): void {
    const all = this.#unfinished;
    this.#unfinished = [];
    beginTurn();
    this.ends.begin();
    for (const one of all) {
      try {
        one.again();
      } catch (error) {
        rethrow(undefined, error);
      }
    }
    this.ends.end();
    endTurn();
  }

  #hangInBun(): number {
    return this.#calls.add(this.#bun.epoll, this.#epoll, EPOLLIN, this.#bun.low, this.#bun.high);
  }

  /** While the system has no room for that nobody wakes us: looks itself until it has. */
  #hangAgain(): void {
    if (this.#hangInBun() >= 0) return;
    setTimeout(() => {
      this.#turn(0);
      this.#hangAgain();
    }, 1);
  }

  /** Bun has seen that something is ready here. */
  #ring(): void {
    this.#pull();
    this.#turn(0);
    const now = performance.now();
    this.#denseRings = now - this.#lastRingAt < denseMs ? this.#denseRings + 1 : 0;
    this.#lastRingAt = now;
    if (this.#denseRings >= denseTurns && !this.#isStinting) this.#changePlaces();
  }

  #changePlaces(): void {
    this.#denseRings = 0;
    this.#calls.remove(this.#bun.epoll, this.#epoll);
    if (this.#calls.add(this.#epoll, this.#bun.epoll, EPOLLIN, bunPlace, 0) < 0) {
      this.#hangAgain();
      this.#lookLater();
      return;
    }
    this.#isStinting = true;
    this.#stint();
  }

  #lookLater(): void {
    if (this.#lookAt === Infinity) return;
    setTimeout(() => {
      this.#look(performance.now());
      if (this.#lookAt < Infinity) this.stay();
    }, sleepMs);
  }

  /** Takes turns for a while, or until Bun has something to do; then Bun has its own, without sleeping. */
  #stint(): void {
    // Of Bun's turn.
    this.ends.end();
    const until = performance.now() + stintMs;
    let isQuiet = false;
    try {
      do {
        if (this.#unfinished.length > 0) this.#finish();
        const heard = this.#turn(this.#unfinished.length > 0 ? 0 : this.#restMs);
        isQuiet = heard === 0 && this.#unfinished.length === 0 && this.#lookAt === Infinity;
        drainMicrotasks();
      } while (!isQuiet && !this.#isBunReady && performance.now() < until);
    } catch (error) {
      // Nobody else would go on with it.
      isQuiet = false;
      rethrow(undefined, error);
    }
    this.#isBunReady = false;
    if (!isQuiet) {
      // What Bun's sockets bring, which is where streams of TLS are, sends as much as what ours do.
      this.ends.begin();
      return void setImmediate(() => this.#stint());
    }
    this.#isStinting = false;
    this.#calls.remove(this.#epoll, this.#bun.epoll);
    this.#hangAgain();
    // What the last microtasks left.
    if (this.#unfinished.length > 0) setImmediate(() => this.#finish());
  }

  /** Hears what is ready, waiting for it at most so long; how much it was. */
  #turn(timeoutMs: number): number {
    this.turns += 1;
    const events = this.#events;
    const count = this.#calls.wait(this.#epoll, events, timeoutMs);
    beginTurn();
    this.ends.begin();
    if (count > 1) this.#ahead?.read(events, count);
    for (let index = 0; index < count; index++) {
      const at = index * epollEventInts;
      const place = events[at + epollEventInts - 2] as number;
      if (place === bunPlace) this.#isBunReady = true;
      else this.#tell(this.#places.at(place, events[at + epollEventInts - 1] as number), events[at] as number);
    }
    this.#ahead?.end();
    if (this.#pausing.length > 0) this.#look(clockMs());
    this.ends.end();
    endTurn();
    return count;
  }

  #tell(watched: Watched | undefined, events: number): void {
    try {
      watched?.ready(events);
    } catch (error) {
      rethrow(undefined, error);
    }
  }

  /** Puts back the byte that Bun has read, before the loop can wake again. */
  #pull(): void {
    this.#sockets.send(this.#rope, oneByte);
  }
}

const oneByte = new Uint8Array(new ArrayBuffer(1));

/** One fault must not keep the others from being heard. */
function rethrow(_: unknown, error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

let opened: Promise<EpollLoop> | null = null;

/** The process's loop. Rejects, with the reason, where there cannot be one: without FFI, on other systems, without /proc. */
export function openEpollLoop(): Promise<EpollLoop> {
  opened ??= open();
  return opened;
}

async function open(): Promise<EpollLoop> {
  const sockets = socketCalls();
  if (sockets === null) throw new Error("libc cannot be called here");
  const loop = new EpollLoop(loadEpollCalls(), sockets);
  await loop.hang();
  return loop;
}
