/** Sessions that a client may resume: the last one of each key, for as many keys as have been used last. */

/** What servers may ask to be kept, all together, is bounded by this. */
const keyLimit = 1024;

/** By keys that say which server it is, and whatever else tells sessions apart. */
export class SessionStore {
  readonly #sessions = new Map<string, Buffer>();

  /** The one to offer; null: none. */
  of(key: string): Buffer | null {
    return this.#sessions.get(key) ?? null;
  }

  keep(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    if (this.#sessions.size >= keyLimit) this.#sessions.delete(this.#sessions.keys().next().value as string);
    this.#sessions.set(key, session);
  }
}
