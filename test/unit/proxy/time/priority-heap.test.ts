import { expect, test } from "bun:test";
import { PriorityHeap, type HeapNode } from "../../../../src/proxy/time/priority-heap.ts";

interface Item extends HeapNode {
  readonly name: string;
}

function item(name: string): Item {
  return { name, key: 0, turn: 0, at: -1 };
}

function drain(heap: PriorityHeap<Item>): string[] {
  const names: string[] = [];
  for (let { first } = heap; first !== null; { first } = heap) {
    names.push(first.name);
    heap.remove(first);
  }
  return names;
}

test("the smallest key comes first, and equals in the order in which they came", () => {
  const heap = new PriorityHeap<Item>();
  for (const [name, key] of [
    ["b1", 2],
    ["a", 1],
    ["b2", 2],
    ["c", 3],
    ["b3", 2],
  ] as const)
    heap.add(item(name), key);
  expect(heap.size).toBe(5);
  expect(drain(heap)).toEqual(["a", "b1", "b2", "b3", "c"]);
  expect([heap.size, heap.first]).toEqual([0, null]);
});

test("one that is restored stands where it stood among its equals; one that is added again, behind them", () => {
  const heap = new PriorityHeap<Item>();
  const [one, two, three] = [item("one"), item("two"), item("three")];
  for (const each of [one, two, three]) heap.add(each, 7);
  heap.remove(one);
  expect(one.at).toBe(-1);
  heap.restore(one);
  heap.remove(two);
  heap.add(two, 7);
  expect(drain(heap)).toEqual(["one", "three", "two"]);
});

test("whatever is taken out of the middle, the rest stays in order", () => {
  const heap = new PriorityHeap<Item>();
  const keys = Array.from({ length: 60 }, (_, at) => (at * 37) % 61);
  const items = keys.map((key) => item(String(key)));
  for (const [at, one] of items.entries()) heap.add(one, keys[at] ?? 0);
  const gone = items.filter((_, at) => at % 3 === 0);
  for (const one of gone) heap.remove(one);
  const left = items.filter((one) => !gone.includes(one)).map((one) => Number(one.name));
  expect(drain(heap).map(Number)).toEqual(left.toSorted((a, b) => a - b));
});

test("nobody is in a heap that was cleared", () => {
  const heap = new PriorityHeap<Item>();
  const one = item("one");
  heap.add(one, 1);
  heap.clear();
  expect([one.at, heap.size, heap.first]).toEqual([-1, 0, null]);
});
