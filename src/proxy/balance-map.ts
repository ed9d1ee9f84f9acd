/** A fixed table of turns by weight: `balance static-rr`, and map-based hashing, where a key's hash is an index into it. */
import type { Balancer, Candidate } from "./balance.ts";

/** The longest table; larger weights are scaled down to fit. */
const longest = 4096;

export class WeightedMap<T extends Candidate> implements Balancer<T> {
  #turns: T[] = [];
  #at = 0;

  update(servers: readonly T[]): void {
    this.#turns = turnsOf(servers);
    if (this.#at >= this.#turns.length) this.#at = 0;
  }

  /** By `hash` when there is one, else in turn. A hash leads to its server even when that one is saturated. */
  pick(hash: number | null, avoid: T | null): T | null {
    const turns = this.#turns;
    if (turns.length === 0) return null;
    if (hash !== null) return turns[hash % turns.length] as T;
    let avoided = -1;
    for (let step = 0; step < turns.length; step += 1) {
      const at = (this.#at + step) % turns.length;
      const server = turns[at] as T;
      if (!server.hasSlot) continue;
      if (server !== avoid) {
        this.#at = (at + 1) % turns.length;
        return server;
      }
      if (avoided < 0) avoided = at;
    }
    if (avoided < 0) return null;
    this.#at = (avoided + 1) % turns.length;
    return turns[avoided] as T;
  }

  moved(_server: T): void {}
}

/** Each server as often as its weight says, spread out, the first declared first. */
function turnsOf<T extends Candidate>(servers: readonly T[]): T[] {
  const weights = servers.map((server) => server.weight);
  const common = weights.reduce(greatestDivisor, 0);
  if (common === 0) return [];
  let total = 0;
  const shares = weights.map((weight) => weight / common);
  for (const share of shares) total += share;
  if (total > longest) {
    const factor = total / longest;
    for (const [at, share] of shares.entries()) shares[at] = Math.max(1, Math.floor(share / factor));
    total = shares.reduce((sum, share) => sum + share, 0);
  }
  const credits = shares.map(() => 0);
  const turns: T[] = [];
  while (turns.length < total) {
    let best = 0;
    let bestRank = -Infinity;
    for (const [at, share] of shares.entries()) {
      const credit = (credits[at] as number) + share;
      credits[at] = credit;
      const rank = Math.trunc((credit + total) / total);
      if (rank > bestRank) {
        best = at;
        bestRank = rank;
      }
    }
    credits[best] = (credits[best] as number) - total;
    turns.push(servers[best] as T);
  }
  return turns;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
