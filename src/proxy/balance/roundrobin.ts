/** `balance roundrobin`: each server in turn by weight, spread as evenly as the weights allow; weights may change at any time. */
import type { Balancer, Candidate } from "./balancer.ts";
import { weightRange } from "../process/weight.ts";
import { PriorityHeap } from "../time/priority-heap.ts";
import type { HeapNode } from "../time/priority-heap.ts";

interface Node<T> extends HeapNode {
  readonly server: T;
  weight: number;
  /** The pick at which its next turn is due; null: not placed in a round yet. */
  due: number | null;
  /** The pick at which its last turn was due. */
  last: number;
  /** What integer division left over, in weight units. */
  rest: number;
  heap: PriorityHeap<Node<T>> | null;
}

/**
 * Turns by due time: every pick advances the clock by one, and a chosen server is due again after (total weight / its
 * weight) picks, remainders carried. A round has as many picks as the total weight. A server starts each round in order
 * of weight: the heaviest that has not begun goes whenever nobody who has begun is due. So 1:2:3 gives the sequence that
 * HAProxy gives.
 */
export class RoundRobin<T extends Candidate> implements Balancer<T> {
  readonly #nodes = new Map<T, Node<T>>();
  #waiting = new PriorityHeap<Node<T>>();
  #next = new PriorityHeap<Node<T>>();
  readonly #placed = new PriorityHeap<Node<T>>();
  readonly #aside: Node<T>[] = [];
  #clock = 0;
  #roundWeight = 0;
  #totalWeight = 0;

  update(servers: readonly T[]): void {
    const wanted = new Set(servers);
    for (const [server, node] of this.#nodes) {
      if (wanted.has(server)) continue;
      this.#take(node);
      this.#nodes.delete(server);
    }
    this.#totalWeight = 0;
    for (const server of servers) this.#totalWeight += server.weight;
    for (const server of servers) {
      const node = this.#nodes.get(server);
      if (node === undefined) this.#admit(server);
      else if (node.weight !== server.weight) this.#reweigh(node);
    }
  }

  #admit(server: T): void {
    const node: Node<T> = {
      server,
      weight: server.weight,
      due: null,
      last: 0,
      rest: 0,
      heap: null,
      key: 0,
      turn: 0,
      at: -1,
    };
    this.#nodes.set(server, node);
    this.#put(this.#waiting, node, weightRange - node.weight);
  }

  #reweigh(node: Node<T>): void {
    node.weight = node.server.weight;
    const isWaiting = node.heap === this.#waiting;
    this.#take(node);
    if (isWaiting) this.#put(this.#waiting, node, weightRange - node.weight);
    else {
      // One step of its new length after its last turn, though no later than planned; a turn that would have been missed
      // begins anew.
      const step = Math.floor(this.#totalWeight / node.weight);
      if (node.due !== null) node.due = Math.min(node.due, node.last + step);
      if (node.due !== null && node.due < this.#clock + 2) node.due = this.#clock + step;
      node.rest = 0;
      this.#place(node);
    }
  }

  pick(_hash: number | null, avoid: T | null): T | null {
    if (this.#nodes.size === 0) return null;
    let avoided: Node<T> | null = null;
    let found: Node<T> | null = null;
    let hasTurned = false;
    if (this.#roundWeight === 0) this.#roundWeight = this.#clock = this.#totalWeight;
    for (;;) {
      const node = this.#due();
      if (node === null) {
        if (hasTurned) break;
        hasTurned = true;
        this.#turnRound();
        continue;
      }
      this.#advance(node);
      this.#take(node);
      this.#clock += 1;
      if (node.server.hasSlot) {
        if (node.server !== avoid || avoided !== null) {
          found = node;
          break;
        }
        avoided = node;
      }
      this.#aside.push(node);
    }
    const chosen = found ?? avoided;
    if (found !== null) this.#place(found);
    while (this.#aside.length > 0) this.#place(this.#aside.pop() as Node<T>);
    return chosen === null ? null : chosen.server;
  }

  moved(_server: T): void {}

  /** The placed server whose turn has come, else the heaviest that has not begun this round, else the next placed one. */
  #due(): Node<T> | null {
    const placed = this.#placed.first;
    if (placed !== null && placed.due !== null && placed.due <= this.#clock) return placed;
    return this.#waiting.first ?? placed;
  }

  #advance(node: Node<T>): void {
    node.due ??= this.#clock;
    node.last = node.due;
    node.due += Math.floor(this.#totalWeight / node.weight);
    node.rest += this.#totalWeight % node.weight;
    if (node.rest >= node.weight) {
      node.rest -= node.weight;
      node.due += 1;
    }
  }

  #place(node: Node<T>): void {
    const due = node.due ?? this.#clock;
    if (due >= this.#roundWeight + this.#totalWeight) this.#put(this.#next, node, weightRange - node.weight);
    else this.#put(this.#placed, node, due * weightRange + node.rest - node.weight);
  }

  #turnRound(): void {
    const emptied = this.#waiting;
    this.#waiting = this.#next;
    this.#next = emptied;
    this.#roundWeight = this.#totalWeight;
    this.#clock = this.#totalWeight;
    for (const node of this.#nodes.values()) if (node.heap === this.#waiting) node.due = null;
  }

  #put(heap: PriorityHeap<Node<T>>, node: Node<T>, key: number): void {
    node.heap = heap;
    heap.add(node, key);
  }

  #take(node: Node<T>): void {
    node.heap?.remove(node);
    node.heap = null;
  }
}
