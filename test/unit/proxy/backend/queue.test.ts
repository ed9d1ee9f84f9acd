import { expect, test } from "bun:test";
import { Queue, type Queued } from "../../../../src/proxy/backend/queue.ts";
import { seededRandom } from "../../../property/seed.ts";

class One implements Queued<One> {
  queue: Queue<One> | null = null;
  queueNext: One | null = null;
  queuePrevious: One | null = null;
  constructor(
    readonly name: string,
    readonly priorityKey: number,
    readonly priorityClass = 0,
    readonly queueSource = "",
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

test("of one source's many only the first is looked at, and the order of all is kept", () => {
  const queue = new Queue<One>();
  const [a1, a2, a3, b1, a0] = [
    new One("a1", 1, 0, "a"),
    new One("a2", 2, 0, "a"),
    new One("a3", 4, 0, "a"),
    new One("b1", 3, 0, "b"),
    new One("a0", 0, 0, "a"),
  ] as const;
  for (const one of [a1, a2, a3, b1]) queue.add(one);
  const looked: string[] = [];
  const first = queue.firstOf((one) => {
    looked.push(one.name);
    return one.queueSource !== "a";
  });
  expect([first, looked.join(" ")]).toEqual([b1, "a1 b1"]);
  queue.add(a0);
  expect(queue.first).toBe(a0);
  expect(queue.all().map(({ name }) => name)).toEqual(["a0", "a1", "a2", "b1", "a3"]);
  queue.remove(a1);
  queue.remove(a0);
  expect(names(queue)).toBe("a2b1");
  queue.remove(a2);
  expect(names(queue)).toBe("b1a3");
  queue.remove(b1);
  queue.remove(a3);
  expect([queue.first, queue.length, queue.all()]).toEqual([null, 0, []]);
});

test("with any sources, in any order of coming and going, it is the list that it stands for", () => {
  const random = seededRandom("queue");
  const queue = new Queue<One>();
  let waiting: One[] = [];
  const before = (one: One, other: One): number =>
    one.priorityClass - other.priorityClass || one.priorityKey - other.priorityKey;
  for (let step = 0; step < 4000; step += 1) {
    if (waiting.length === 0 || random.next() < 0.51) {
      // Keys that no two have.
      const key = random.between(0, 1000) + step / 10_000;
      const one = new One(String(step), key, random.between(-1, 1), random.pick(["", "a", "b", "c"]));
      queue.add(one);
      waiting = [...waiting, one].toSorted(before);
    } else {
      const one = random.next() < 0.5 ? (waiting[0] as One) : random.pick(waiting);
      queue.remove(one);
      waiting = waiting.filter((other) => other !== one);
    }
    const blocked = random.pick(["a", "b"]);
    const mayGo = ({ queueSource }: One): boolean => queueSource !== blocked;
    expect(queue.firstOf(mayGo)).toBe(waiting.find(mayGo) ?? null);
    expect([queue.first, queue.length]).toEqual([waiting[0] ?? null, waiting.length]);
    if (step % 50 === 0) expect(queue.all()).toEqual(waiting);
  }
});
