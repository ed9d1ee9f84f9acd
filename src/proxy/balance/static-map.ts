/** A fixed table of turns by weight: `balance static-rr`, and map-based hashing, where a key's hash is an index into it. */
import type { Balancer, Candidate } from "./balancer.ts";
import { PriorityHeap } from "../time/priority-heap.ts";
import type { HeapNode } from "../time/priority-heap.ts";

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

interface Node<T> extends HeapNode {
  readonly server: T;
  readonly index: number;
  readonly share: number;
  /** Whole turns that are due by now, less those it has had. */
  level: number;
  /** Whole turns that have become due. */
  due: number;
}

/**
 * Each server as often as its weight says, spread out: every place goes to the one with the most turns due, the first declared
 * first. Takes time in proportion to the places, whatever the number of servers.
 */
function turnsOf<T extends Candidate>(servers: readonly T[]): T[] {
  const shares = sharesOf(servers.map((server) => server.weight));
  let total = 0;
  for (const share of shares) total += share;
  if (total === 0) return [];
  const heap = new PriorityHeap<Node<T>>();
  /** Who has one more turn due at which place. */
  const dueAt: Node<T>[][] = Array.from({ length: total + 1 }, () => []);
  const place = (node: Node<T>): void => heap.add(node, node.index - node.level * servers.length);
  for (const [index, server] of servers.entries()) {
    const share = shares[index] as number;
    if (share === 0) continue;
    const node: Node<T> = { server, index, share, level: 0, due: 0, key: 0, turn: 0, at: -1 };
    place(node);
    dueAt[Math.ceil(total / share)]?.push(node);
  }
  const turns: T[] = [];
  for (let at = 1; at <= total; at += 1) {
    for (const node of dueAt[at] as Node<T>[]) {
      node.due += 1;
      node.level += 1;
      heap.remove(node);
      place(node);
      dueAt[Math.ceil(((node.due + 1) * total) / node.share)]?.push(node);
    }
    const best = heap.first as Node<T>;
    turns.push(best.server);
    best.level -= 1;
    heap.remove(best);
    place(best);
  }
  return turns;
}

/** Weights as small as they can be, in at most `longest` places as long as each has one. */
function sharesOf(weights: readonly number[]): number[] {
  const common = weights.reduce(greatestDivisor, 0);
  if (common === 0) return [];
  const shares = weights.map((weight) => weight / common);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (total <= longest) return shares;
  const factor = total / longest;
  return shares.map((share) => Math.max(1, Math.floor(share / factor)));
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
