import { expect, test } from "bun:test";
import { Queue, type Queued } from "../../../../src/proxy/backend/queue.ts";

class One implements Queued<One> {
  queue: Queue<One> | null = null;
  queueNext: One | null = null;
  queuePrevious: One | null = null;
  constructor(
    readonly name: string,
    readonly priorityKey: number,
    readonly priorityClass = 0,
  ) {}
}

function names(queue: Queue<One>): string {
  let text = "";
  for (let one = queue.first; one !== null; one = one.queueNext) text += one.name;
  return text;
}

test("keeps arrival order, but lower classes and earlier keys go first", () => {
  const queue = new Queue<One>();
  for (const one of [new One("a", 1), new One("b", 2), new One("c", 3, -1), new One("d", 0, 1), new One("e", 1)]) {
    queue.add(one);
  }
  expect(names(queue)).toBe("caebd");
  expect(queue.length).toBe(5);
});

test("removes from the head, the middle and the tail", () => {
  const queue = new Queue<One>();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name, at) => new One(name, at)) as [One, One, One, One];
  for (const one of [a, b, c, d]) queue.add(one);
  queue.remove(b);
  queue.remove(a);
  queue.remove(d);
  expect(names(queue)).toBe("c");
  queue.remove(c);
  expect([queue.first, queue.length, c.queue]).toEqual([null, 0, null]);
  queue.add(b);
  expect(names(queue)).toBe("b");
});
