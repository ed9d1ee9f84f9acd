/** Who is idle, in order: the one for longest first. */

/** What such a list holds; the links are the list's. */
export interface Idle<T extends Idle<T>> {
  idleBefore: T | null;
  idleBehind: T | null;
  isListed: boolean;
}

/** Adding and removing cost no search, and make nothing: each exchange does both. */
export class IdleList<T extends Idle<T>> {
  length = 0;
  #first: T | null = null;
  #last: T | null = null;

  get first(): T | null {
    return this.#first;
  }

  /** Puts one at the end that is in no list. */
  add(one: T): void {
    one.isListed = true;
    one.idleBefore = this.#last;
    if (this.#last === null) this.#first = one;
    else this.#last.idleBehind = one;
    this.#last = one;
    this.length += 1;
  }

  /** False: it was not there. */
  remove(one: T): boolean {
    if (!one.isListed) return false;
    if (one.idleBefore === null) this.#first = one.idleBehind;
    else one.idleBefore.idleBehind = one.idleBehind;
    if (one.idleBehind === null) this.#last = one.idleBefore;
    else one.idleBehind.idleBefore = one.idleBefore;
    one.idleBefore = one.idleBehind = null;
    one.isListed = false;
    this.length -= 1;
    return true;
  }
}
