/** Names that rules of a session ask for, one at a time: the rules are held until it is answered for. */
import type { NameAsked } from "../../../rules/actions/effects.ts";
import type { Sessions } from "../sessions.ts";

interface Lookup {
  readonly asker: object;
  /** Null while there is none. */
  answer: { readonly host: string | null } | null;
  giveUp(): void;
}

/** What one session asks. */
export class NameLookups {
  #last: Lookup | null = null;

  /** `answered` is called once for each question that is not given up, and never while it is asked. */
  constructor(
    private readonly sessions: Sessions,
    private readonly answered: () => void,
  ) {}

  /** See `RuleEffects.lookUp`. */
  lookUp(asker: object, asked: NameAsked): "wait" | string | null {
    const last = this.#last;
    if (last?.asker === asker) {
      if (last.answer === null) return "wait";
      this.#last = null;
      return last.answer.host;
    }
    this.giveUp();
    // A reload may have taken the section away.
    const resolver = this.sessions.resolvers.get(asked.resolvers);
    if (resolver === undefined) return null;
    const next: Lookup = { asker, answer: null, giveUp: resolver.lookUp(asked, (host) => this.#take(next, host)) };
    this.#last = next;
    return "wait";
  }

  #take(lookup: Lookup, host: string | null): void {
    if (lookup.answer !== null) return;
    lookup.answer = { host };
    this.answered();
  }

  /** A rule waits for an answer. */
  get isWaiting(): boolean {
    return this.#last !== null && this.#last.answer === null;
  }

  /** What is waited for is waited for no longer: there is no address. */
  giveUp(): void {
    const last = this.#last;
    if (last === null || last.answer !== null) return;
    last.answer = { host: null };
    last.giveUp();
  }
}
