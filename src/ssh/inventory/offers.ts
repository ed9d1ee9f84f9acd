/** The offers that rows of the inventory have, each kept once: fleets repeat themselves. */
import { namesOf, type Names, type OfferLists, offerText, type Verdict, verdictOf } from "./kept-offer.ts";

/** Of all offers that are kept together. */
export const mostCharacters = 2 * 1024 * 1024;

/** One of them. */
export interface KeptOffer {
  readonly id: number;
  readonly text: string;
  readonly names: Names;
  readonly verdict: Verdict;
  /** Rows that have it. */
  users: number;
}

/** Offers by what they say. */
export class Offers {
  readonly #byText = new Map<string, KeptOffer>();
  /** By the object that they were met as: whoever reads them has one for all who offer the same. */
  readonly #met = new WeakMap<OfferLists, KeptOffer>();
  #characters = 0;
  #nextId = 1;

  get characters(): number {
    return this.#characters;
  }

  /** The offer as it is kept, or would be if somebody came to hold it; null: there is no room for it. */
  find(offer: OfferLists): KeptOffer | null {
    const met = this.#met.get(offer);
    if (met !== undefined && met.users > 0) return met;
    const found = this.#find(offer);
    if (found !== null) this.#met.set(offer, found);
    return found;
  }

  #find(offer: OfferLists): KeptOffer | null {
    const text = offerText(offer);
    if (text === null) return null;
    const found = this.#byText.get(text);
    if (found !== undefined) return found;
    if (this.#characters + text.length > mostCharacters) return null;
    return { id: this.#nextId++, text, names: namesOf(offer), verdict: verdictOf(offer), users: 0 };
  }

  hold(offer: KeptOffer): void {
    if (offer.users === 0) {
      this.#byText.set(offer.text, offer);
      this.#characters += offer.text.length;
    }
    offer.users += 1;
  }

  /** Forgets it with the last who held it. */
  release(offer: KeptOffer): void {
    offer.users -= 1;
    if (offer.users > 0) return;
    this.#byText.delete(offer.text);
    this.#characters -= offer.text.length;
  }

  [Symbol.iterator](): Iterator<KeptOffer> {
    return this.#byText.values();
  }
}
