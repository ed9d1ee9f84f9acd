/** The local ports that connections to one server may come from: `source ADDR:FIRST-LAST`, each lent to one connection at a time. */

/** Free ports, the one that was given back longest ago first, as the system likes it after a close. */
export class SourcePorts {
  readonly #free: number[];
  #next = 0;
  #count: number;

  constructor(
    readonly first: number,
    readonly last: number,
  ) {
    this.#free = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    this.#count = this.#free.length;
  }

  get free(): number {
    return this.#count;
  }

  /** Null when all are lent. */
  take(): number | null {
    if (this.#count === 0) return null;
    const port = this.#free[this.#next] as number;
    this.#next = (this.#next + 1) % this.#free.length;
    this.#count -= 1;
    return port;
  }

  /** Takes back a port that `take` gave. */
  give(port: number): void {
    this.#free[(this.#next + this.#count) % this.#free.length] = port;
    this.#count += 1;
  }
}
