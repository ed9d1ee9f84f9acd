/** Contexts of TLS, each made once for all that would make the same: an engine's work of a millisecond, and its memory. */

interface Made<Context> {
  readonly context: Context;
  /** Of the files that it is made of. */
  readonly marks: readonly string[];
}

/**
 * Those of the plan before stay for as long as the plan that runs asks for the same, so that what clients resume with outlives a reload.
 * What an operator replaces is asked for by another key, and so is another context; the one before is forgotten.
 */
export class Contexts<Context> {
  #made = new Map<string, Made<Context>>();
  #before = new Map<string, Made<Context>>();

  get count(): number {
    return this.#made.size + this.#before.size;
  }

  /** `key`: all that the context is made of, short; `marks`: of its files. Throws what `make` throws. */
  get(key: string, marks: readonly string[], make: () => Context): Context {
    const one = this.#made.get(key) ?? this.#before.get(key) ?? { context: make(), marks };
    this.#made.set(key, one);
    return one.context;
  }

  /** What is asked for has changed: what nobody asks for until the next change goes then. */
  renew(): void {
    this.#before = this.#made;
    this.#made = new Map();
  }

  /** Nothing is made of the file of this mark any more. Connections that have begun from such a context go on. */
  forget(mark: string): void {
    for (const contexts of [this.#made, this.#before]) {
      for (const [key, { marks }] of contexts) if (marks.includes(mark)) contexts.delete(key);
    }
  }
}
