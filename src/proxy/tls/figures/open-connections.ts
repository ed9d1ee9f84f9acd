/** How many connections are open, of which nobody tells when they are closed. */

/** What has been looked through and was open may come to twice as much, and this, before all are looked through again. */
const slack = 64;

export class OpenConnections {
  readonly #known = new Set<{ readonly closed: boolean }>();
  #open = 0;

  /** Opened just now. */
  add(connection: { readonly closed: boolean }): void {
    this.#known.add(connection);
    if (this.#known.size > 2 * this.#open + slack) this.#look();
  }

  /** Those that are open now: looks through all that were added of late. */
  get count(): number {
    this.#look();
    return this.#open;
  }

  /** At least as many as are open. */
  get most(): number {
    return this.#known.size;
  }

  #look(): void {
    for (const one of this.#known) if (one.closed) this.#known.delete(one);
    this.#open = this.#known.size;
  }
}
