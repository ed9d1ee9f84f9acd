/** Who hears of which descriptor of an epoll: the kernel's events name places. */
import type { AheadReader } from "./ahead-bytes.ts";

/** Who hears of a descriptor. */
export interface Watched {
  /** Has what comes read for it where that costs less; left out: it reads all by itself. */
  readonly reader?: AheadReader;
  /** `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. What it throws is told as an uncaught exception. */
  ready(events: number): void;
}

/**
 * Places are used again, each time by another generation: so an event that was on its way when its descriptor was closed is told from
 * one of the next that uses the place.
 */
export class Places {
  readonly #watched: (Watched | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  readonly #firstGeneration: number;

  /** `firstGeneration`: what places begin to count their uses from. */
  constructor(firstGeneration: number) {
    this.#firstGeneration = firstGeneration;
  }

  take(watched: Watched): number {
    const place = this.#free.pop() ?? this.#watched.length;
    this.#watched[place] = watched;
    // An event tells it as a whole number of 32 bits.
    this.#generations[place] = ((this.#generations[place] ?? this.#firstGeneration) + 1) | 0;
    return place;
  }

  /** Of the one that has it now. */
  generation(place: number): number {
    return this.#generations[place] as number;
  }

  /** Another has the place from now on. */
  hand(place: number, watched: Watched): void {
    this.#watched[place] = watched;
  }

  /** Nobody has it any more. */
  leave(place: number): void {
    this.#watched[place] = undefined;
    this.#free.push(place);
  }

  /** Who has it in this generation. */
  at(place: number, generation: number): Watched | undefined {
    return this.#generations[place] === generation ? this.#watched[place] : undefined;
  }
}
