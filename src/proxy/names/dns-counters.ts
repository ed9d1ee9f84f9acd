/** What each name server of a `resolvers` section was asked, and what came of it. */
import type { NameserverFigures, ResolversFigures } from "../public.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";

/** One name server's counters; everything counts up. */
export type NameserverCounters = { -readonly [Name in keyof Omit<NameserverFigures, "name">]: number };

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

  figures(): ResolversFigures {
    const nameservers = Array.from(this.#byName, ([name, counters]) => ({ name, ...counters }));
    return { name: this.plan.name, nameservers };
  }
}
