/** What each name server of a `resolvers` section was asked, and what came of it. */
import type { ResolversPlan } from "../../plan/resolvers.ts";

/**
 * What one name server was asked and what came of it, since the start or since counters were cleared.
 *
 * Each answer counts once: valid, or the reason why it is none. A question without an answer in time counts as a timeout
 * (HAProxy 2.6 leaves that at 0).
 */
export interface NameserverStats {
  readonly name: string;
  readonly sent: number;
  readonly sendErrors: number;
  readonly valid: number;
  /** Servers that got another address by its answers. */
  readonly updates: number;
  /** Counted by HAProxy alone, which keeps the number at 0 as well. */
  readonly aliases: number;
  /** An alias that led to nothing. */
  readonly aliasErrors: number;
  /** No error and no record. */
  readonly emptyAnswers: number;
  readonly unknownNames: number;
  readonly timeouts: number;
  readonly refused: number;
  readonly others: number;
  /** Not well-formed, or to another question. */
  readonly invalid: number;
  /** Longer than `accepted_payload_size`. */
  readonly tooBig: number;
  readonly truncated: number;
  /** To a question that is not waited for. */
  readonly outdated: number;
}

/** A `resolvers` section's name servers, in the configuration's order. */
export interface ResolversStats {
  readonly name: string;
  readonly nameservers: readonly NameserverStats[];
}

/** One name server's counters; everything counts up. */
export type NameserverCounters = { -readonly [Name in keyof Omit<NameserverStats, "name">]: number };

/** Nothing asked yet. */
export function noCounts(): NameserverCounters {
  return {
    sent: 0,
    sendErrors: 0,
    valid: 0,
    updates: 0,
    aliases: 0,
    aliasErrors: 0,
    emptyAnswers: 0,
    unknownNames: 0,
    timeouts: 0,
    refused: 0,
    others: 0,
    invalid: 0,
    tooBig: 0,
    truncated: 0,
    outdated: 0,
  };
}

/** The counters of a section's name servers, by name, in their order. */
export class SectionCounters {
  readonly #byName: ReadonlyMap<string, NameserverCounters>;

  constructor(readonly plan: ResolversPlan) {
    this.#byName = new Map(plan.nameservers.map(({ name }) => [name, noCounts()]));
  }

  of(name: string): NameserverCounters {
    return this.#byName.get(name) ?? noCounts();
  }

  clear(): void {
    for (const counters of this.#byName.values()) Object.assign(counters, noCounts());
  }

  stats(): ResolversStats {
    const nameservers = Array.from(this.#byName, ([name, counters]) => ({ name, ...counters }));
    return { name: this.plan.name, nameservers };
  }
}
