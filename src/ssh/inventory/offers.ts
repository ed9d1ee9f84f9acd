/** The offers that rows of the inventory have, each kept once: fleets repeat themselves. */
import { type Names, namesOf, type OfferLists, offerText, type Verdict, verdictOf } from "./kept-offer.ts";

/** Of all offers that are kept together. */
export const mostCharacters = 2 * 1024 * 1024;

/** One of them. Of most that strangers make up nobody ever asks for the names. */
export class KeptOffer {
  /** Rows that have it. */
  users = 0;
  #names: Names | null = null;

  constructor(
    readonly id: number,
    /** As `offerText` has it. */
    readonly text: string,
    readonly verdict: Verdict,
  ) {}

  get names(): Names {
    return (this.#names ??= namesOf(this.text));
  }
}

/** Offers by what they say. */
export class Offers {
  readonly #byText = new Map<string, KeptOffer>();
  #characters = 0;
  #nextId = 1;

  get characters(): number {
    return this.#characters;
  }

  /** The offer as it is kept, or would be if somebody came to hold it; null: there is no room for it. */
  find(offer: OfferLists): KeptOffer | null {
    const text = offerText(offer);
    if (text === null) return null;
    const found = this.#byText.get(text);
    if (found !== undefined) return found;
    if (this.#characters + text.length > mostCharacters) return null;
    return new KeptOffer(this.#nextId++, text, verdictOf(offer));
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
