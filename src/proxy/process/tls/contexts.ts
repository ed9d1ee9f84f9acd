/** Contexts of TLS, each made once for all that would make the same: an engine's work of a millisecond, and its memory. */

/**
 * Those of the plan before stay for as long as the plan that runs asks for the same, so that what clients resume with outlives a reload.
 * What an operator replaces is asked for by another key, and so is another context.
 */
export class Contexts<Context> {
  #made = new Map<string, Context>();
  #before = new Map<string, Context>();

  /** `key`: all that the context is made of, short. Throws what `make` throws. */
  get(key: string, make: () => Context): Context {
    const context = this.#made.get(key) ?? this.#before.get(key) ?? make();
    this.#made.set(key, context);
    return context;
  }

  /** What is asked for has changed: what nobody asks for until the next change goes then. */
  renew(): void {
    this.#before = this.#made;
    this.#made = new Map();
  }
}
