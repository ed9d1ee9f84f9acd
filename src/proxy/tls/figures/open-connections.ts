/** How many connections are open, of which nobody tells when they are closed. */

/** What has been looked through and was open may come to twice as much, and this, before all are looked through again. */
const slack = 64;

export class OpenConnections {
  #known: { readonly closed: boolean }[] = [];
  #open = 0;

  /** Opened just now. */
  add(connection: { readonly closed: boolean }): void {
    this.#known.push(connection);
    if (this.#known.length > 2 * this.#open + slack) this.#look();
  }

  /** Those that are open now: looks through all that were added of late. */
  get count(): number {
    this.#look();
    return this.#open;
  }

  /** At least as many as are open. */
  get most(): number {
    return this.#known.length;
  }

  #look(): void {
    this.#known = this.#known.filter(({ closed }) => !closed);
    this.#open = this.#known.length;
  }
}
