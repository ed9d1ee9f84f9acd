/** The algorithms of `balance`, by their words: one row each. */
import type { BalancePlan, HashTypePlan } from "../../plan/proxy.ts";
import { wordTable } from "../../word-table.ts";
import type { Balancer, Candidate } from "./balancer.ts";
import { ConsistentHash, RandomDraws } from "./consistent-ring.ts";
import { First } from "./first.ts";
import { LeastConnections } from "./leastconn.ts";
import { RoundRobin } from "./roundrobin.ts";
import { WeightedMap } from "./static-map.ts";

export interface Algorithm {
  /** Written as it stands, with nothing behind it. */
  readonly isPlain: boolean;
  /** Weights may change while running. Without it only whole ones, before slow start, are known. */
  readonly isDynamic: (hash: HashTypePlan) => boolean;
  /** A key of the session leads to its server; without one any server is as good. */
  readonly hasKey: boolean;
  /** It finds no server only when all are full, so that nobody may pass those who wait. */
  readonly isInOrder: boolean;
  readonly make: <T extends Candidate>(plan: BalancePlan, hash: HashTypePlan) => Balancer<T>;
}

const inTurn = { isPlain: true, isDynamic: () => true, hasKey: false, isInOrder: false } as const;

const byKey = {
  isPlain: true,
  isDynamic: ({ method }: HashTypePlan) => method === "consistent",
  hasKey: true,
  isInOrder: false,
  make: <T extends Candidate>(_plan: BalancePlan, { method }: HashTypePlan): Balancer<T> =>
    method === "consistent" ? new ConsistentHash<T>() : new WeightedMap<T>(),
} as const;

/** In the order in which help names them. */
export const algorithms = wordTable<Algorithm>({
  roundrobin: { ...inTurn, isInOrder: true, make: () => new RoundRobin() },
  "static-rr": { ...inTurn, isDynamic: () => false, isInOrder: true, make: () => new WeightedMap() },
  leastconn: { ...inTurn, make: () => new LeastConnections() },
  first: { ...inTurn, isInOrder: true, make: () => new First() },
  source: byKey,
  random: { ...inTurn, isPlain: false, make: ({ draws }) => new RandomDraws(draws ?? 2, Math.random) },
  hash: { ...byKey, isPlain: false },
  uri: { ...byKey, isPlain: false },
  url_param: { ...byKey, isPlain: false },
  hdr: { ...byKey, isPlain: false },
});

/** The words that stand alone. */
export const plainAlgorithms: readonly string[] = Array.from(algorithms).flatMap(([word, { isPlain }]) =>
  isPlain ? [word] : [],
);

/** What a plan asks for. Throws for a word that is none: nothing but the language makes plans. */
export function algorithmOf({ algorithm }: BalancePlan): Algorithm {
  const found = algorithms.get(algorithm);
  if (found === undefined) throw new Error(`no algorithm '${algorithm}'`);
  return found;
}
