/** A place in a queue: by its priority, told of its slot with how many had theirs before, and given up. */
import { expect, test } from "bun:test";
import { Queue, type Waiting } from "../../../../../src/proxy/backend/queue.ts";
import type { Server } from "../../../../../src/proxy/backend/server.ts";
import { QueuePlace, type Queuer } from "../../../../../src/proxy/session/search/queue-place.ts";

const server = { name: "s1" } as Server;

/** Who waits in it, by name, and what each was told. */
function scene() {
  const queue = new Queue<Waiting<Server>>();
  const told: string[] = [];
  const wait = (name: string, { priority = 0, isForced = false } = {}): QueuePlace => {
    const queuer: Queuer = {
      isForced,
      slotFree: (from, to, passed) => void told.push(`${name} ${from === queue} ${to.name} ${passed}`),
      chooseAgain: () => void told.push(`${name} again`),
    };
    return new QueuePlace(queue, queuer, priority, 0, name);
  };
  /** As a backend gives a slot to the first of all. */
  const give = (isCounted = true): void => {
    const first = queue.first!;
    if (isCounted) queue.taken += 1;
    queue.remove(first);
    first.dequeued(queue, server, isCounted);
  };
  return { queue, told, wait, give };
}

test("each hears how many got a slot since it came, itself included, counted or not", () => {
  const { told, wait, give } = scene();
  wait("a");
  wait("b");
  give();
  wait("c");
  give(false);
  give();
  expect(told).toEqual(["a true s1 1", "b true s1 2", "c true s1 1"]);
});

test("it stands where its priority puts it, is whose it says, and is forced where its search is", () => {
  const { queue, wait } = scene();
  wait("a");
  const first = wait("b", { priority: -1, isForced: true });
  expect(queue.first).toBe(first);
  expect(queue.all().map(({ queueSource, isForced }) => [queueSource, isForced])).toEqual([
    ["b", true],
    ["a", false],
  ]);
});

test("one that is given up is in no queue, and counts itself behind those that were before it", () => {
  const { queue, told, wait, give } = scene();
  wait("a");
  const left = wait("b");
  wait("c");
  give();
  expect(left.leave()).toEqual({ queue, passed: 2 });
  expect([queue.length, left.queue]).toEqual([1, null]);
  give();
  expect(told).toEqual(["a true s1 1", "c true s1 2"]);
});

test("whoever it belongs to chooses again when told so", () => {
  const { told, wait } = scene();
  wait("a").chooseAgain();
  expect(told).toEqual(["a again"]);
});
