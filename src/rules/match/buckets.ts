/** Entries by key, several of one key in the order in which they came: what changes and is looked up costs the same however many there are. */

/** What buckets hold. */
export interface Referenced {
  /** A number of its own; greater for what came later. */
  readonly reference: number;
}

/** A map from keys to entries. Most keys have one. */
export class Buckets<Key, Entry extends Referenced> {
  readonly #byKey = new Map<Key, Entry | Map<number, Entry>>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Adds an entry, or puts it in the place of the one with its reference. False: there are others of that key already. */
  put(key: Key, entry: Entry): boolean {
    const same = this.#byKey.get(key);
    if (same instanceof Map) same.set(entry.reference, entry);
    else if (same === undefined || same.reference === entry.reference) this.#byKey.set(key, entry);
    else {
      const several = new Map<number, Entry>([[same.reference, same]]);
      this.#byKey.set(key, several.set(entry.reference, entry));
    }
    return same === undefined;
  }

  /** True: that was the last of its key. */
  remove(key: Key, { reference }: Entry): boolean {
    const same = this.#byKey.get(key);
    if (same instanceof Map) {
      same.delete(reference);
      if (same.size > 0) return false;
    } else if (same?.reference !== reference) return false;
    return this.#byKey.delete(key);
  }

  first(key: Key): Entry | undefined {
    const same = this.#byKey.get(key);
    return same instanceof Map ? same.values().next().value : same;
  }

  all(key: Key): Iterable<Entry> {
    const same = this.#byKey.get(key);
    if (same instanceof Map) return same.values();
    return same === undefined ? [] : [same];
  }
}
