/** Items in order of a number, equals in order of arrival; moving one item costs a few comparisons. */

/** Where an item stands. The fields belong to the heap that it is in. */
export interface HeapNode {
  key: number;
  /** Order of arrival among equal keys. */
  turn: number;
  /** Index in the heap; -1: in none. */
  at: number;
}

/** Binary heap, smallest first. Allocates only when it grows. */
export class PriorityHeap<T extends HeapNode> {
  readonly #nodes: T[] = [];
  #turn = 0;

  get first(): T | null {
    return this.#nodes[0] ?? null;
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Adds a node behind those of the same key. It must be in no heap. */
  add(node: T, key: number): void {
    node.key = key;
    this.#turn += 1;
    node.turn = this.#turn;
    node.at = this.#nodes.length;
    this.#nodes.push(node);
    this.#rise(node);
  }

  /** Puts a removed node back where it stood among its equals. */
  restore(node: T): void {
    node.at = this.#nodes.length;
    this.#nodes.push(node);
    this.#rise(node);
  }

  remove(node: T): void {
    const last = this.#nodes.pop();
    if (last === undefined) return;
    const { at } = node;
    node.at = -1;
    if (last === node) return;
    last.at = at;
    this.#nodes[at] = last;
    this.#rise(last);
    this.#sink(last);
  }

  clear(): void {
    for (const node of this.#nodes) node.at = -1;
    this.#nodes.length = 0;
  }

  #rise(node: T): void {
    const nodes = this.#nodes;
    let { at } = node;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = nodes[up] as T;
      if (!isBefore(node, above)) break;
      nodes[at] = above;
      above.at = at;
      at = up;
    }
    nodes[at] = node;
    node.at = at;
  }

  #sink(node: T): void {
    const nodes = this.#nodes;
    let { at } = node;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= nodes.length) break;
      if (down + 1 < nodes.length && isBefore(nodes[down + 1] as T, nodes[down] as T)) down += 1;
      const below = nodes[down] as T;
      if (!isBefore(below, node)) break;
      nodes[at] = below;
      below.at = at;
      at = down;
    }
    nodes[at] = node;
    node.at = at;
  }
}

function isBefore(one: HeapNode, other: HeapNode): boolean {
  return one.key !== other.key ? one.key < other.key : one.turn < other.turn;
}
