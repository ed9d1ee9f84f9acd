/**
 * Who is there, of many who come and go. A Set or a Map of JavaScriptCore's is no place for that: each time it is built anew, which it
 * is again and again while members change, the former table goes on pointing to the next one and to all who were in it, so that from
 * the first that has grown old on nobody who was ever in it is found to be gone before a collection of the whole heap.
 */

/** A member's place. */
export class Membership<T> {
  #one: T | null;
  #ended: (() => void) | null;

  constructor(one: T, ended: () => void) {
    this.#one = one;
    this.#ended = ended;
  }

  /** Null: it has left. */
  get one(): T | null {
    return this.#one;
  }

  /** It is there no more. Idempotent. */
  end(): void {
    const ended = this.#ended;
    this.#one = this.#ended = null;
    ended?.();
  }
}

/** Places of those who have left that are put up with. */
const slack = 32;

/** Members in the order in which they came. They may come and go while somebody looks at all: whoever has left by then is not seen. */
export class Roster<T> implements Iterable<T> {
  #places: Membership<T>[] = [];
  #size = 0;
  /** Nobody is left before this one. */
  #head = 0;
  readonly #ended = (): void => {
    this.#size -= 1;
    const left = this.#places.length - this.#size;
    if (left <= slack || left <= this.#size) return;
    // Anew, and not in place: somebody may be looking at them.
    this.#places = this.#places.filter(({ one }) => one !== null);
    this.#head = 0;
  };

  get size(): number {
    return this.#size;
  }

  add(one: T): Membership<T> {
    const place = new Membership(one, this.#ended);
    this.#places.push(place);
    this.#size += 1;
    return place;
  }

  /** Who has been there for longest; null: nobody is. */
  get first(): T | null {
    const places = this.#places;
    for (; this.#head < places.length; this.#head++) {
      const { one } = places[this.#head] as Membership<T>;
      if (one !== null) return one;
    }
    return null;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { one } of this.#places) if (one !== null) yield one;
  }
}
