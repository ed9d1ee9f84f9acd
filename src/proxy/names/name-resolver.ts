/** Whoever looks names up: what is asked, and what comes back. */
import type { NameTrouble } from "../../events.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { ServerPlan } from "../../plan/server.ts";
import type { ResolversStats } from "./dns-counters.ts";

/** Looks names up. One per `resolvers` section, and libc for servers without one. */
export interface Resolver {
  /** Follows a server's name until `stop`; calls `server.follow` (through `Names`) with every set of answers. */
  follow(request: NameRequest): NameFollower;
}

/** A `resolvers` section at work. */
export interface NamedResolver extends Resolver {
  readonly plan: ResolversPlan;
  stats(): ResolversStats;
  clearCounters(): void;
  /** Asks once. `answered` is called once, and later, whatever becomes of the section: null where there is no address. The result gives up. */
  lookUp(question: NameQuestion, answered: (host: string | null) => void): () => void;
  /** Ends it; nobody who follows a name is told anything any more, and who looks one up gets no address. */
  stop(): void;
}

/** What a rule asks: an address of the family that it prefers, or else of the other. */
export interface NameQuestion {
  readonly name: string;
  readonly prefers: 4 | 6;
}

/** What is asked, and who gets the answers. `plan` is asked anew with every answer. */
export interface NameRequest {
  readonly host: string;
  readonly family: 4 | 6 | null;
  readonly plan: ServerPlan;
  /**
   * Takes addresses in order of preference; empty: the name has none (any more), and `trouble` says why if it was not the name
   * server that said so. `ports` and `weights` of SRV records, else null. True: it goes to another address now.
   */
  readonly answer: (answers: readonly NameAnswer[], by: string, trouble?: NameTrouble) => boolean;
}

export interface NameAnswer {
  readonly host: string;
  readonly port: number | null;
  readonly weight: number | null;
  /** Of a service's record: its target, and whether the address came with it. */
  readonly service?: { readonly target: string; readonly isAdditional: boolean };
}

export interface NameFollower {
  /** Asks again soon: a connection to the address failed. */
  hurry(): void;
  stop(): void;
}
