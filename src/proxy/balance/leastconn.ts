/** `balance leastconn`: the server with the fewest connections for its weight, equals in turn. */
import type { Balancer, Candidate } from "./balancer.ts";
import { PriorityHeap } from "../time/priority-heap.ts";
import type { HeapNode } from "../time/priority-heap.ts";

interface Node<T> extends HeapNode {
  readonly server: T;
  /** The weight at which it was last placed. */
  weight: number;
}

/** Keeps the servers in a heap by load over weight; a server whose place changes goes behind its equals, which gives turns. */
export class LeastConnections<T extends Candidate> implements Balancer<T> {
  readonly #heap = new PriorityHeap<Node<T>>();
  readonly #nodes = new Map<T, Node<T>>();
  readonly #aside: Node<T>[] = [];

  update(servers: readonly T[]): void {
    const wanted = new Set(servers);
    for (const [server, node] of this.#nodes) {
      if (wanted.has(server)) continue;
      this.#heap.remove(node);
      this.#nodes.delete(server);
    }
    for (const server of servers) {
      const node = this.#nodes.get(server);
      if (node === undefined) {
        const added = { server, weight: server.weight, key: 0, turn: 0, at: -1 };
        this.#nodes.set(server, added);
        this.#heap.add(added, keyOf(server));
      } else if (node.weight !== server.weight) {
        node.weight = server.weight;
        this.moved(server);
      }
    }
  }

  pick(_hash: number | null, avoid: T | null): T | null {
    let found: T | null = null;
    for (;;) {
      const node = this.#heap.first;
      if (node === null) break;
      if (node.server.hasRoom && node.server !== avoid) {
        found = node.server;
        break;
      }
      this.#heap.remove(node);
      this.#aside.push(node);
    }
    if (this.#aside.length > 0) {
      for (const node of this.#aside) {
        if (found === null && node.server === avoid && node.server.hasRoom) found = node.server;
        this.#heap.restore(node);
      }
      this.#aside.length = 0;
    }
    return found;
  }

  moved(server: T): void {
    const node = this.#nodes.get(server);
    if (node === undefined) return;
    const key = keyOf(server);
    if (key === node.key) return;
    this.#heap.remove(node);
    this.#heap.add(node, key);
  }
}

/** Load as the next connection would make it, in the weight's scale; an idle server always comes first. */
function keyOf(server: Candidate): number {
  return server.load === 0 ? 0 : Math.floor(((server.load + 1) * 4096) / server.weight);
}
